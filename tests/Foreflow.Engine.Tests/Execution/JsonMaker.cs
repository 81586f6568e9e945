using System.Globalization;
using System.Text;

namespace Foreflow.Engine.Tests.Execution;

/// <summary>Makes JSON texts that are good, or nearly: every kind of value, odd numbers, odd strings, names twice, deep nesting. Equal seeds give equal texts.</summary>
internal sealed class JsonMaker(int seed)
{
    private static readonly string[] Strings =
    [
        "", "a", "ä", "日本", "🚀", "\\ud83d\\ude00", "\\ud800", "\\udc00x", "\\u0000", "\\n", "\\\"", "\\\\", "\\/", "${{ item }}", "'", "\\u2028", "</script>", "id", "list", "name", "a\tb",
    ];

    private static readonly string[] Numbers = ["0", "-0", "1", "-1", "1.0", "1e3", "1E-3", "1e308", "1e309", "-1e400", "1e99999999999", "123456789012345678901234567890", "0.1", "01", "9007199254740993"];

    private readonly Random _random = new(seed);
    private readonly StringBuilder _text = new();

    /// <summary>An object with the fields given, and with others.</summary>
    /// <param name="lists">Fields that mostly are arrays.</param>
    /// <param name="others">Fields of any kind.</param>
    public string Object(IReadOnlyList<string> lists, IReadOnlyList<string> others)
    {
        _text.Clear().Append('{');
        foreach (var name in lists)
        {
            Name(name);
            if (_random.Next(10) > 0) Array(2);
            else Value(2);
        }

        foreach (var name in others)
        {
            Name(name);
            Value(3);
        }

        if (_random.Next(4) == 0)
        {
            Name(Strings[_random.Next(Strings.Length)]);
            Value(1);
        }

        return _text.Append('}').ToString();
    }

    private void Name(string name)
    {
        if (_text[^1] != '{') _text.Append(',');
        _text.Append('"').Append(name).Append("\":");
    }

    private void Value(int depth)
    {
        switch (_random.Next(depth > 0 ? 8 : 5))
        {
            case 0: _text.Append(_random.Next(3) switch { 0 => "null", 1 => "true", _ => "false" }); break;
            case 1: _text.Append(Numbers[_random.Next(Numbers.Length)]); break;
            case 2: _text.Append(_random.Next(-1000, 1000).ToString(CultureInfo.InvariantCulture)); break;
            case 3 or 4: _text.Append('"').Append(Strings[_random.Next(Strings.Length)]).Append(Strings[_random.Next(Strings.Length)]).Append('"'); break;
            case 5: Nest(); break;
            case 6: Array(depth - 1); break;
            default:
                _text.Append('{');
                for (var i = _random.Next(4); i > 0; i--)
                {
                    Name(Strings[_random.Next(Strings.Length)]);
                    Value(depth - 1);
                }

                _text.Append('}');
                break;
        }
    }

    private void Array(int depth)
    {
        _text.Append('[');
        for (var i = _random.Next(6); i > 0; i--)
        {
            Value(depth);
            if (i > 1) _text.Append(',');
        }

        _text.Append(']');
    }

    /// <summary>As deep as is read, and a little deeper.</summary>
    private void Nest()
    {
        var depth = 1 + _random.Next(70);
        _text.Append('[', depth).Append(']', depth);
    }
}
