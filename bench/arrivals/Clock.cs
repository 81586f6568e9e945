using System.Globalization;
using System.IO.Compression;

namespace Foreflow.Bench.Arrivals;

/// <summary>Series by the clock: a bucket that a file leaves out, as when a service is closed, has no arrivals.</summary>
internal static class Clock
{
    /// <summary>Counts of a column on a grid of whole steps from the first stamp on.</summary>
    public static double[] Read(string path, string column, TimeSpan step)
    {
        var counts = new List<double>();
        var (value, first) = (-1, 0L);
        using var text = new StreamReader(path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(File.OpenRead(path), CompressionMode.Decompress) : File.OpenRead(path));
        while (text.ReadLine() is { } line)
        {
            var cells = line.Split(',');
            if (value < 0)
            {
                value = Array.IndexOf(cells, column);
                if (value < 0) throw new InvalidDataException($"{path} has no column {column}");
                continue;
            }

            var ticks = double.TryParse(cells[0], CultureInfo.InvariantCulture, out var seconds)
                ? (long)(seconds * TimeSpan.TicksPerSecond)
                : DateTime.Parse(cells[0], CultureInfo.InvariantCulture).Ticks;
            if (counts.Count == 0) first = ticks;
            var bucket = (int)((ticks - first) / step.Ticks);
            while (counts.Count <= bucket) counts.Add(0);
            if (double.TryParse(cells[value], CultureInfo.InvariantCulture, out var count)) counts[bucket] = count;
        }

        return [.. counts];
    }
}
