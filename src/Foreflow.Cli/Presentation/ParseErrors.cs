using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Foreflow.Cli.Presentation;

/// <summary>Says what is wrong with a command line, in the words of its user.</summary>
public static class ParseErrors
{
    /// <summary>Writes a line for each error and where help is to be found.</summary>
    public static void Write(TextWriter to, ParseResult parsed)
    {
        foreach (var text in parsed.Errors.Select(Text).Distinct()) to.WriteLine($"foreflow: {text}");
        var names = new List<string>();
        for (SymbolResult? at = parsed.CommandResult; at is CommandResult { Command: not RootCommand and var command }; at = at.Parent) names.Insert(0, command.Name);
        to.WriteLine($"See: {string.Join(' ', ["foreflow", .. names, "--help"])}");
    }

    private static string Text(ParseError error)
    {
        if (error.SymbolResult is not OptionResult { Option: var option, Tokens: [.., { Value: var given }] }) return error.Message;
        var type = Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType;
        if (type.IsEnum && !Enum.TryParse(type, given, ignoreCase: true, out _))
            return $"{option.Name}: '{given}' is not one of {string.Join(", ", Enum.GetNames(type)).ToLowerInvariant()}";
        if (type == typeof(int) && !int.TryParse(given, CultureInfo.InvariantCulture, out _)) return $"{option.Name}: '{given}' is not a whole number";
        if (type == typeof(ulong) && !ulong.TryParse(given, CultureInfo.InvariantCulture, out _)) return $"{option.Name}: '{given}' is not a whole number from 0 on";
        if (type == typeof(double) && !double.TryParse(given, CultureInfo.InvariantCulture, out _)) return $"{option.Name}: '{given}' is not a number";
        return error.Message;
    }
}
