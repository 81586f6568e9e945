using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Foreflow.Core.Workflows.Expressions;

/// <summary>
/// Evaluates a parsed expression. The first error is kept and evaluation goes on with null in its place: every branch ends,
/// no exception is thrown, and what an expression makes is bounded by <see cref="MaxTextLength"/> and <see cref="MaxItems"/>.
/// </summary>
internal sealed class ExpressionEvaluator(ExpressionScope scope)
{
    /// <summary>The longest text a function makes, in characters.</summary>
    public const int MaxTextLength = 1 << 20;

    /// <summary>The longest array a function makes.</summary>
    public const int MaxItems = 100_000;

    public ExpressionError? Error { get; private set; }

    public JsonElement Evaluate(ExpressionNode node) => node switch
    {
        LiteralNode literal => literal.Value,
        InputNode { Name: null } => Json.Object(scope.Inputs.OrderBy(i => i.Key, StringComparer.Ordinal)),
        InputNode { Name: var name } => scope.Inputs.GetValueOrDefault(name, Json.Null),
        OutputNode output => Output(output),
        ItemNode => scope.Item ?? Json.Null,
        IndexNode => scope.Index is { } index ? Json.Number(index) : Json.Null,
        RunIdNode => Json.Text(scope.RunId),
        ElementNode element => Element(element, Evaluate(element.Target), Evaluate(element.Key)),
        NotNode not => Json.Boolean(!IsTruthy(Evaluate(not.Operand))),
        BinaryNode binary => Binary(binary),
        CallNode call => Call(call),
        _ => Fail("is not known", node.Position),
    };

    private JsonElement Output(OutputNode node)
    {
        var outputs = scope.Outputs.GetValueOrDefault(node.Stage, Json.Null);
        if (node.Name is null) return outputs;
        return outputs.ValueKind == JsonValueKind.Object && outputs.TryGetProperty(node.Name, out var value) ? value : Json.Null;
    }

    // What is not there is null, as is anything of null; asking a number for a field is a mistake.
    private JsonElement Element(ElementNode node, JsonElement target, JsonElement key)
    {
        switch (target.ValueKind, key.ValueKind)
        {
            case (JsonValueKind.Null, _):
                return Json.Null;
            case (JsonValueKind.Object, JsonValueKind.String):
                return target.TryGetProperty(key.GetString()!, out var field) ? field : Json.Null;
            case (JsonValueKind.Array, JsonValueKind.Number):
                return key.TryGetInt32(out var index) && index >= 0 && index < target.GetArrayLength() ? target[index] : Json.Null;
            case (JsonValueKind.Object or JsonValueKind.Array, _):
                return Fail($"{Json.KindOf(target)} has no element {Show(key)}: its keys are {(target.ValueKind == JsonValueKind.Array ? "numbers" : "strings")}", node.Position);
            default:
                return Fail($"{Show(target)} is {Json.KindOf(target)}: it has no element {Show(key)}", node.Position);
        }
    }

    private JsonElement Binary(BinaryNode node)
    {
        var left = Evaluate(node.Left);
        switch (node.Operator)
        {
            // As in GitHub Actions, the value that decided is the result: inputs.day || 'today'.
            case BinaryOperator.Or:
                return IsTruthy(left) ? left : Evaluate(node.Right);
            case BinaryOperator.And:
                return IsTruthy(left) ? Evaluate(node.Right) : left;
        }

        var right = Evaluate(node.Right);
        return node.Operator switch
        {
            BinaryOperator.Equal => Json.Boolean(AreEqual(node, left, right)),
            BinaryOperator.NotEqual => Json.Boolean(!AreEqual(node, left, right)),
            BinaryOperator.Less => Json.Boolean(Compare(node, left, right) < 0),
            BinaryOperator.LessOrEqual => Json.Boolean(Compare(node, left, right) <= 0),
            BinaryOperator.Greater => Json.Boolean(Compare(node, left, right) > 0),
            _ => Json.Boolean(Compare(node, left, right) >= 0),
        };
    }

    // 5 == '5' is neither true nor false but a mistake that would skip a stage in silence. Null equals only null.
    private bool AreEqual(BinaryNode node, JsonElement left, JsonElement right)
    {
        if (left.ValueKind == JsonValueKind.Null || right.ValueKind == JsonValueKind.Null) return left.ValueKind == right.ValueKind;
        if (Json.KindOf(left) == Json.KindOf(right)) return Json.Equal(left, right);
        Fail($"{Show(left)} is {Json.KindOf(left)} and {Show(right)} is {Json.KindOf(right)}: they cannot be compared", node.Position);
        return false;
    }

    private int Compare(BinaryNode node, JsonElement left, JsonElement right)
    {
        switch (left.ValueKind, right.ValueKind)
        {
            case (JsonValueKind.Number, JsonValueKind.Number):
                return left.GetDouble().CompareTo(right.GetDouble());
            case (JsonValueKind.String, JsonValueKind.String):
                return string.CompareOrdinal(left.GetString(), right.GetString());
            default:
                Fail($"{Show(left)} is {Json.KindOf(left)} and {Show(right)} is {Json.KindOf(right)}: only two numbers or two strings have an order", node.Position);
                return 0;
        }
    }

    private JsonElement Call(CallNode call)
    {
        var arguments = call.Arguments.Select(Evaluate).ToArray();
        return call.Function.Name switch
        {
            "contains" => Contains(call, arguments[0], arguments[1]),
            "startsWith" => Json.Boolean(Text(call, arguments[0]).StartsWith(Text(call, arguments[1]), StringComparison.Ordinal)),
            "endsWith" => Json.Boolean(Text(call, arguments[0]).EndsWith(Text(call, arguments[1]), StringComparison.Ordinal)),
            "length" => Length(call, arguments[0]),
            "range" => Range(call, arguments),
            "join" => Join(call, arguments),
            "format" => Format(call, arguments),
            "toJSON" => Bounded(call, Json.ToText(arguments[0])),
            "fromJSON" => FromJson(call, arguments[0]),
            "always" => Json.Boolean(true),
            "success" => Json.Boolean(scope.Needs is { AnyFailed: false, AllSkipped: false }),
            "failure" => Json.Boolean(scope.Needs.AnyFailed),
            _ => Fail($"there is no function '{call.Function.Name}'", call.Position),
        };
    }

    private JsonElement Contains(CallNode call, JsonElement whole, JsonElement part) => whole.ValueKind switch
    {
        JsonValueKind.Array => Json.Boolean(whole.EnumerateArray().Any(item => Json.Equal(item, part))),
        JsonValueKind.String => Json.Boolean(whole.GetString()!.Contains(Text(call, part), StringComparison.Ordinal)),
        JsonValueKind.Null => Json.Boolean(false),
        _ => Fail($"contains() looks into an array or a string, not {Json.KindOf(whole)}", call.Position),
    };

    private JsonElement Length(CallNode call, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => Json.Number(value.GetArrayLength()),
        JsonValueKind.Object => Json.Number(value.GetPropertyCount()),
        JsonValueKind.String => Json.Number(value.GetString()!.EnumerateRunes().Count()),
        JsonValueKind.Null => Json.Number(0),
        _ => Fail($"length() is that of an array, object or string, not {Json.KindOf(value)}", call.Position),
    };

    // range(n) is 0 to n-1, range(a, b) is a to b-1.
    private JsonElement Range(CallNode call, JsonElement[] arguments)
    {
        var bounds = new long[arguments.Length];
        for (var i = 0; i < bounds.Length; i++)
        {
            if (arguments[i].ValueKind != JsonValueKind.Number || !arguments[i].TryGetInt64(out bounds[i]))
            {
                return Fail($"range() takes whole numbers, not {Show(arguments[i])}", call.Position);
            }
        }

        var (from, to) = bounds.Length == 1 ? (0L, bounds[0]) : (bounds[0], bounds[1]);
        if (from > to) return Json.Array([]);
        var count = (ulong)to - (ulong)from;
        return count > MaxItems
            ? Fail($"range() of {count} numbers: at most {MaxItems}", call.Position)
            : Json.Array(Enumerable.Range(0, (int)count).Select(i => Json.Number(from + i)));
    }

    private JsonElement Join(CallNode call, JsonElement[] arguments)
    {
        if (arguments[0].ValueKind != JsonValueKind.Array) return Fail($"join() takes an array, not {Json.KindOf(arguments[0])}", call.Position);
        var separator = arguments.Length > 1 ? Text(call, arguments[1]) : ",";
        var text = new StringBuilder();
        foreach (var item in arguments[0].EnumerateArray())
        {
            if (text.Length > MaxTextLength) break;
            if (text.Length > 0) text.Append(separator);
            text.Append(Template.Show(item));
        }

        return Bounded(call, text.ToString());
    }

    // format('{0} of {1}', a, b); a brace itself is written twice.
    private JsonElement Format(CallNode call, JsonElement[] arguments)
    {
        var pattern = Text(call, arguments[0]);
        var text = new StringBuilder();
        for (var i = 0; i < pattern.Length; i++)
        {
            var c = pattern[i];
            if (text.Length > MaxTextLength) break;
            if (c is '{' or '}' && i + 1 < pattern.Length && pattern[i + 1] == c)
            {
                text.Append(c);
                i++;
            }
            else if (c is '{' or '}')
            {
                var close = pattern.IndexOf('}', i);
                if (c == '}' || close < 0 || !int.TryParse(pattern.AsSpan(i + 1, close - i - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number >= arguments.Length - 1)
                {
                    return Fail($"format() has no argument for the brace at character {i + 1} of {Show(arguments[0])}: a brace itself is written twice", call.Position);
                }

                text.Append(Template.Show(arguments[number + 1]));
                i = close;
            }
            else
            {
                text.Append(c);
            }
        }

        return Bounded(call, text.ToString());
    }

    private JsonElement FromJson(CallNode call, JsonElement text)
    {
        if (Json.TryParse(Text(call, text), out var value, out var error)) return value;
        return Fail($"fromJSON(): {error}", call.Position);
    }

    private JsonElement Bounded(CallNode call, string text) => text.Length <= MaxTextLength
        ? Json.Text(text)
        : Fail($"{call.Function.Name}() makes more than {MaxTextLength} characters", call.Position);

    private string Text(CallNode call, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                return value.GetString()!;
            case JsonValueKind.Null:
                return "";
            case JsonValueKind.Array or JsonValueKind.Object:
                Fail($"{call.Function.Name}() takes a string, not {Json.KindOf(value)}", call.Position);
                return "";
            default:
                return Template.Show(value);
        }
    }

    private JsonElement Fail(string message, int position)
    {
        Error ??= new ExpressionError(message, position);
        return Json.Null;
    }

    // As in GitHub Actions: false, 0, '' and null are false, all else is true.
    private static bool IsTruthy(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.False or JsonValueKind.Null => false,
        JsonValueKind.Number => value.GetDouble() != 0,
        JsonValueKind.String => value.GetString()!.Length > 0,
        _ => true,
    };

    private static string Show(JsonElement value)
    {
        var text = value.ValueKind == JsonValueKind.String ? $"'{value.GetString()}'" : Json.ToText(value);
        return text.Length <= 60 ? text : string.Concat(text.AsSpan(0, 57), "...");
    }
}
