using System.Collections.Immutable;

namespace Foreflow.Core.Workflows.Expressions;

/// <summary>
/// Recursive descent over the grammar, loosest first: <c>||</c>, <c>&amp;&amp;</c>, <c>== !=</c>, <c>&lt; &lt;= &gt; &gt;=</c>,
/// <c>!</c>, <c>.name [key]</c>. Depth and number of nodes are bounded, so neither parsing nor evaluating can exhaust the stack.
/// </summary>
internal sealed class ExpressionParser(string text)
{
    private const int MaxDepth = 50;
    private const int MaxNodes = 500;

    private static readonly (string Symbol, BinaryOperator Operator)[][] Levels =
    [
        [("||", BinaryOperator.Or)],
        [("&&", BinaryOperator.And)],
        [("==", BinaryOperator.Equal), ("!=", BinaryOperator.NotEqual)],
        [("<=", BinaryOperator.LessOrEqual), (">=", BinaryOperator.GreaterOrEqual), ("<", BinaryOperator.Less), (">", BinaryOperator.Greater)],
    ];

    private static readonly ImmutableArray<string> Roots = ["inputs", "stages", "item", "index", "run"];

    private readonly ExpressionLexer _lexer = new(text);
    private readonly ImmutableArray<InputNode>.Builder _inputs = ImmutableArray.CreateBuilder<InputNode>();
    private readonly ImmutableArray<OutputNode>.Builder _outputs = ImmutableArray.CreateBuilder<OutputNode>();
    private int _perTask = -1;
    private int _status = -1;
    private Token _next;
    private int _depth;
    private int _nodes;

    /// <summary>The first thing found wrong; null when all is well.</summary>
    public ExpressionError? Error { get; private set; }

    public ParsedReferences References => new(_inputs.ToImmutable(), _outputs.ToImmutable(), _perTask, _status);

    /// <summary>Parses the whole text; null when something is wrong.</summary>
    public ExpressionNode? Parse()
    {
        if (text.Length > Expression.MaxLength) return Fail($"an expression of {text.Length} characters: at most {Expression.MaxLength} are read", 0);
        if (!Advance()) return null;
        if (_next.Kind == TokenKind.End) return Fail("the expression is empty", 0);
        var root = ParseBinary(0);
        if (root is null) return null;
        return _next.Kind == TokenKind.End ? root : Fail($"{Describe(_next)} is not expected here", _next.Position);
    }

    private ExpressionNode? ParseBinary(int level)
    {
        if (level == Levels.Length) return ParseUnary();
        var left = ParseBinary(level + 1);
        while (left is not null && Array.Find(Levels[level], o => _next.Is(o.Symbol)) is { Symbol: not null } found)
        {
            var position = _next.Position;
            if (!Advance()) return null;
            var right = ParseBinary(level + 1);
            left = right is null ? null : Count(new BinaryNode(position, found.Operator, left, right));
        }

        return left;
    }

    private ExpressionNode? ParseUnary()
    {
        if (_depth >= MaxDepth) return Fail($"nested deeper than {MaxDepth} levels", _next.Position);
        _depth++;
        var position = _next.Position;
        ExpressionNode? node;
        if (_next.Is("!"))
        {
            node = Advance() && ParseUnary() is { } operand ? Count(new NotNode(position, operand)) : null;
        }
        else
        {
            node = ParsePrimary();
            while (node is not null && (_next.Is(".") || _next.Is("["))) node = ParseElement(node);
        }

        _depth--;
        return node;
    }

    private ExpressionNode? ParsePrimary()
    {
        var token = _next;
        if (token.Kind == TokenKind.End) return Fail("the expression ends where a value is expected", token.Position);
        if (!Advance()) return null;
        switch (token.Kind)
        {
            case TokenKind.Number:
                Json.TryParse(token.Value, out var number, out _);
                return Count(new LiteralNode(token.Position, number));
            case TokenKind.Text:
                return Count(new LiteralNode(token.Position, Json.Text(token.Value)));
            case TokenKind.Name:
                return _next.Is("(") ? ParseCall(token) : ParseName(token);
            default:
                if (token.Value != "(") return Fail($"{Describe(token)} is not expected here", token.Position);
                var inner = ParseBinary(0);
                return inner is not null && Expect(")") ? inner : null;
        }
    }

    private ExpressionNode? ParseElement(ExpressionNode target)
    {
        var position = _next.Position;
        if (_next.Is("."))
        {
            return TakeKey(out var name) ? Count(new ElementNode(position, target, new LiteralNode(position, Json.Text(name)))) : null;
        }

        return Advance() && ParseBinary(0) is { } key && Expect("]") ? Count(new ElementNode(position, target, key)) : null;
    }

    private ExpressionNode? ParseCall(Token name)
    {
        var function = ExpressionFunction.Find(name.Value);
        if (function is null)
        {
            return Fail($"there is no function '{name.Value}'{Suggestion.For(name.Value, ExpressionFunction.All.Select(f => f.Name))}", name.Position);
        }

        var arguments = ImmutableArray.CreateBuilder<ExpressionNode>();
        if (!Advance()) return null;
        while (!_next.Is(")"))
        {
            if (arguments.Count > 0 && !Expect(",")) return null;
            if (ParseBinary(0) is not { } argument) return null;
            arguments.Add(argument);
        }

        if (!Advance()) return null;
        if (arguments.Count < function.MinArguments || arguments.Count > function.MaxArguments)
        {
            return Fail($"{function.Name}() takes {function.ArgumentCount}, not {arguments.Count}", name.Position);
        }

        if (function.IsStatus && _status < 0) _status = name.Position;
        return Count(new CallNode(name.Position, function, arguments.ToImmutable()));
    }

    private ExpressionNode? ParseName(Token name)
    {
        switch (name.Value)
        {
            case "true" or "false":
                return Count(new LiteralNode(name.Position, Json.Boolean(name.Value == "true")));
            case "null":
                return Count(new LiteralNode(name.Position, Json.Null));
            case "inputs":
                return ParseInput(name);
            case "stages":
                return ParseOutput(name);
            case "run":
                if (!_next.Is(".") || !TakeKey(out var field) || field != "id") return Fail("of a run there is only 'run.id'", name.Position);
                return Count(new RunIdNode(name.Position));
            case "item" or "index":
                if (_perTask < 0) _perTask = name.Position;
                return Count(name.Value == "item" ? new ItemNode(name.Position) : new IndexNode(name.Position));
            case "env" or "needs" or "steps" or "jobs" or "github" or "matrix" or "secrets" or "vars":
                return Fail($"there is no '{name.Value}' here: an expression can see inputs, stages, item, index and run", name.Position);
            default:
                var hint = Suggestion.For(name.Value, Roots.Concat(["true", "false", "null"]));
                return Fail($"'{name.Value}' is not known{(hint.Length > 0 ? hint : $": a string stands in single quotes, '{name.Value}'")}", name.Position);
        }
    }

    private ExpressionNode? ParseInput(Token root)
    {
        string? input = null;
        if (IsKeyNext && !TakeKey(out input)) return null;
        var node = new InputNode(root.Position, input);
        _inputs.Add(node);
        return Count(node);
    }

    // Which stages an expression reads must be known before it is evaluated, so the name is a literal.
    private ExpressionNode? ParseOutput(Token root)
    {
        const string Shape = "outputs of a stage are written stages.NAME.outputs or stages.NAME.outputs.OUTPUT";
        if (!IsKeyNext || !TakeKey(out var stage) || !IsKeyNext || !TakeKey(out var outputs) || outputs != "outputs") return Fail(Shape, root.Position);
        string? output = null;
        if (IsKeyNext && !TakeKey(out output)) return null;
        var node = new OutputNode(root.Position, stage, output);
        _outputs.Add(node);
        return Count(node);
    }

    private bool IsKeyNext => _next.Is(".") || _next.Is("[");

    // '.name', or the same name as ['name'].
    private bool TakeKey(out string key)
    {
        var isBracket = _next.Is("[");
        key = "";
        if (!Advance()) return false;
        if (_next.Kind != (isBracket ? TokenKind.Text : TokenKind.Name))
        {
            Fail(isBracket ? "a name is expected here, as ['name']" : "a name is expected after '.'", _next.Position);
            return false;
        }

        key = _next.Value;
        return Advance() && (!isBracket || Expect("]"));
    }

    private bool Expect(string symbol)
    {
        if (_next.Is(symbol)) return Advance();
        Fail(_next.Kind == TokenKind.End ? $"'{symbol}' is missing at the end" : $"'{symbol}' is expected here, not {Describe(_next)}", _next.Position);
        return false;
    }

    private bool Advance()
    {
        if (_lexer.TryNext(out _next, out var error)) return true;
        Error ??= error;
        return false;
    }

    private ExpressionNode? Count(ExpressionNode node) =>
        ++_nodes <= MaxNodes ? node : Fail($"an expression of more than {MaxNodes} parts", node.Position);

    private ExpressionNode? Fail(string message, int position)
    {
        Error ??= new ExpressionError(message, position);
        return null;
    }

    private static string Describe(Token token) => token.Kind switch
    {
        TokenKind.End => "the end",
        TokenKind.Text => $"the string '{token.Value}'",
        _ => $"'{token.Value}'",
    };
}
