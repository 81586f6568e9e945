namespace Foreflow.Core.Workflows.Validation;

/// <summary>What things may be called. Names travel into expressions, paths, metrics and environment variables: they are kept plain.</summary>
internal static class Names
{
    public const int MaxLength = 63;

    public const string IdentifierRule = "a name is a letter, then letters, digits, '_' or '-', 63 at most";
    public const string DottedRule = "a name is a letter, then letters, digits, '_', '-' or '.', 63 at most";
    public const string VariableRule = "an environment variable is a letter or '_', then letters, digits or '_'";

    // YAML reads these as values, expressions read them as literals.
    private static readonly string[] Literals = ["true", "false", "null"];

    // What the engine itself sets for a stage's processes.
    private static readonly string[] SetByEngine = ["TRACEPARENT", "TRACESTATE"];

    /// <summary>What is wrong with the name of a workflow, input, stage, output or field; null when it is good.</summary>
    public static string? CheckIdentifier(string name) => Check(name, IdentifierRule, dots: false);

    /// <summary>What is wrong with the name of a gate or handler; null when it is good.</summary>
    public static string? CheckDotted(string name) => Check(name, DottedRule, dots: true);

    /// <summary>What is wrong with the name of an environment variable; null when it is good.</summary>
    public static string? CheckVariable(string name, StageBody body)
    {
        var good = name.Length is > 0 and <= 255 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
        if (!good) return $"'{Shorten(name)}' is not a good name: {VariableRule}";
        if (name.StartsWith("FOREFLOW_", StringComparison.Ordinal) || SetByEngine.Contains(name)) return $"'{name}' is reserved: Foreflow sets it itself";
        return name == "PORT" && body is WorkerBody { Protocol: WorkerProtocol.Http } ? "'PORT' is reserved: Foreflow gives an http worker its port" : null;
    }

    /// <summary>What is wrong with any text; null when it is good.</summary>
    public static string? CheckText(string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal)) return "the text has a NUL character in it";
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1])) return "the text holds half a surrogate pair";
            i++;
        }

        return null;
    }

    public static string Shorten(string text) => text.Length <= 60 ? text : string.Concat(text.AsSpan(0, 57), "...");

    private static string? Check(string name, string rule, bool dots)
    {
        var good = name.Length is > 0 and <= MaxLength && char.IsAsciiLetter(name[0])
            && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' || (dots && c == '.'));
        if (!good) return $"'{Shorten(name)}' is not a good name: {rule}";
        return Literals.Contains(name, StringComparer.OrdinalIgnoreCase) ? $"'{name}' is reserved: it is a value, not a name" : null;
    }
}
