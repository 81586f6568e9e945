using System.CommandLine;
using System.Globalization;
using Foreflow.Cli.Presentation;
using Foreflow.Core.Forecasting.Ensemble;
using Foreflow.Traces.Series;

namespace Foreflow.Cli.Commands;

/// <summary>How a file holds its series.</summary>
public enum SeriesFormat
{
    /// <summary>A column of a delimited file, a row a step.</summary>
    Csv,

    /// <summary>A row a series: id, then its values, as in the M4 competition.</summary>
    M4,
}

/// <summary>The options that forecasting and backtesting share, and what they mean.</summary>
internal sealed class SeriesOptions
{
    private const int LongestHorizon = 100_000;

    public Argument<string> File { get; } = new("FILE") { Description = "Series in a delimited file, plain or gzip" };

    public Option<string?> Column { get; } = new("--column") { Description = "Value column: its name, or number from 1 (default: the first beside the time)", HelpName = "NAME" };

    public Option<string?> Time { get; } = new("--time") { Description = "Time column (default: looked for)", HelpName = "NAME" };

    public Option<int> Horizon { get; } = new("--horizon") { Description = "Steps ahead", DefaultValueFactory = _ => 48, HelpName = "STEPS" };

    public Option<string> Season { get; } = new("--season")
    {
        Description = "Seasonal periods in steps, as 24,168; auto looks for them; none has none", DefaultValueFactory = _ => "auto", HelpName = "auto|none|PERIODS",
    };

    public Option<SeriesFormat> Format { get; } = new("--format") { Description = "Layout of the file", DefaultValueFactory = _ => SeriesFormat.Csv };

    public Option<ulong> Seed { get; } = new("--seed") { Description = "Seed of whatever is random in a fit", DefaultValueFactory = _ => 0, HelpName = "N" };

    public IEnumerable<Option> All => [Column, Time, Horizon, Season, Format, Seed];

    /// <summary>The horizon, checked.</summary>
    public int HorizonOf(ParseResult parsed) => parsed.GetValue(Horizon) is >= 1 and <= LongestHorizon and var steps
        ? steps
        : throw new UserErrorException($"--horizon: from 1 to {LongestHorizon} steps");

    /// <summary>The layout, where the other options go with it.</summary>
    public SeriesFormat FormatOf(ParseResult parsed)
    {
        var format = parsed.GetValue(Format);
        if (format == SeriesFormat.M4 && (parsed.GetValue(Column) ?? parsed.GetValue(Time)) is not null)
            throw new UserErrorException("--column and --time choose a column; with --format m4 every row is a series");
        return format;
    }

    /// <summary>Refuses periods of which a series does not hold one whole.</summary>
    public static void CheckPeriods(IReadOnlyList<int>? periods, string file, FileSeries series)
    {
        if (periods is [.., var longest] && longest >= series.Values.Length)
            throw new UserErrorException($"--season {longest}: {file} holds {series.Values.Length} values of {series.Name}, less than one season");
    }

    /// <summary>The periods given; null to look for them.</summary>
    public IReadOnlyList<int>? PeriodsOf(ParseResult parsed)
    {
        var text = parsed.GetValue(Season)!;
        if (text.Equals("auto", StringComparison.OrdinalIgnoreCase)) return null;
        if (text.Equals("none", StringComparison.OrdinalIgnoreCase)) return [];
        var periods = new SortedSet<int>();
        foreach (var part in text.Split(','))
        {
            if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var period) || period is < 2 or > 1_000_000)
                throw new UserErrorException($"--season {text}: '{part}' is not a period; give steps from 2 on, as 24,168, or auto, or none");
            periods.Add(period);
        }
        return [.. periods];
    }

    /// <summary>The method of a name, checked.</summary>
    public static EnsembleModel MethodOf(string name)
    {
        try
        {
            return ForecastMethods.Named(name);
        }
        catch (ArgumentException)
        {
            throw new UserErrorException($"--method {name}: there are {string.Join(", ", ForecastMethods.Names)}");
        }
    }

    /// <summary>Coverages of intervals as shares: <c>80,95</c> is 0.8 and 0.95.</summary>
    public static double[] CoveragesOf(string text)
    {
        var coverages = new SortedSet<double>();
        foreach (var part in text.Split(','))
        {
            if (!double.TryParse(part, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent) || percent is <= 0 or > 99.9)
                throw new UserErrorException($"--levels {text}: '{part}' is not a coverage; give percent above 0 and up to 99.9, as 80,95");
            coverages.Add(percent / 100);
        }
        return [.. coverages];
    }
}
