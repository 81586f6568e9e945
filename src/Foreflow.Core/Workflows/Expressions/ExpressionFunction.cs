using System.Collections.Immutable;

namespace Foreflow.Core.Workflows.Expressions;

/// <summary>A function of the expression language. What each does stands in <see cref="ExpressionEvaluator"/>.</summary>
/// <param name="Name">The name as written; letters count as they are.</param>
/// <param name="MinArguments">Fewest arguments.</param>
/// <param name="MaxArguments">Most arguments.</param>
/// <param name="IsStatus">True for those that ask how the needs ended; they belong in <c>when</c> only.</param>
internal sealed record ExpressionFunction(string Name, int MinArguments, int MaxArguments, bool IsStatus = false)
{
    private const int Many = 32;

    public static readonly ImmutableArray<ExpressionFunction> All =
    [
        new("contains", 2, 2),
        new("startsWith", 2, 2),
        new("endsWith", 2, 2),
        new("length", 1, 1),
        new("range", 1, 2),
        new("join", 1, 2),
        new("format", 1, Many),
        new("toJSON", 1, 1),
        new("fromJSON", 1, 1),
        new("always", 0, 0, IsStatus: true),
        new("success", 0, 0, IsStatus: true),
        new("failure", 0, 0, IsStatus: true),
    ];

    public static ExpressionFunction? Find(string name) => All.FirstOrDefault(f => f.Name == name);

    public string ArgumentCount => (MinArguments, MaxArguments) switch
    {
        (0, 0) => "no arguments",
        (1, 1) => "1 argument",
        (var min, Many) => $"at least {min} argument{(min == 1 ? "" : "s")}",
        var (min, max) => min == max ? $"{min} arguments" : $"{min} to {max} arguments",
    };
}
