using Cronos;

namespace Foreflow.Core.Workflows.Validation;

/// <summary>Checks cron expressions. The library is asked what is wrong; it is pure as long as it is given the time.</summary>
internal static class CronText
{
    private const int MaxLength = 256;

    // Any fixed time does: an expression that matches at all does so within the library's horizon of it.
    private static readonly DateTime Reference = new(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>What is wrong with an expression; null when it is good.</summary>
    public static string? Check(string text)
    {
        if (text.Length > MaxLength) return $"a cron expression of {text.Length} characters: at most {MaxLength}";
        var fields = text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries).Length;
        if (!text.StartsWith('@') && fields is not (5 or 6))
        {
            return $"'{text}' has {fields} field{(fields == 1 ? "" : "s")}: cron has five (minute, hour, day, month, weekday), or six with seconds first";
        }

        try
        {
            var expression = CronExpression.Parse(text, fields == 6 ? CronFormat.IncludeSeconds : CronFormat.Standard);
            return expression.GetNextOccurrence(Reference) is null ? $"'{text}' never comes" : null;
        }
        catch (CronFormatException e)
        {
            return $"'{text}' is not a cron expression: {e.Message}";
        }
        catch (MissingSeedException)
        {
            return $"'{text}' is not a cron expression: H, a place that a hash chooses, is not read";
        }
    }

    /// <summary>What is wrong with the name of a time zone; null when it looks good. Only the host knows which zones there are.</summary>
    public static string? CheckTimeZone(string name)
    {
        var good = name.Length is > 0 and <= 64 && char.IsAsciiLetter(name[0])
            && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '-' or '+');
        return good ? null : $"'{Names.Shorten(name)}' is not the name of a time zone: write it like Europe/Amsterdam";
    }
}
