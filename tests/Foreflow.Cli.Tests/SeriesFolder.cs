using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Foreflow.Cli.Tests;

/// <summary>A folder with files of series, gone when the test ends.</summary>
internal sealed class SeriesFolder : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("foreflow-series-").FullName;

    /// <summary>Hours of two weeks; the load repeats every eight hours but for a rise from season to season, so that its forecast is known.</summary>
    public static string Hourly(int rise = 1, int hours = 336) => "time,load,other\n" + string.Concat(Enumerable.Range(0, hours).Select(t =>
        string.Create(CultureInfo.InvariantCulture, $"{new DateTime(2026, 1, 1).AddHours(t):yyyy-MM-ddTHH:mm:ss},{10 + (t % 8) + (rise * (t / 8))},{t % 5}\n")));

    /// <summary>Rows of series of unequal length in the wide layout.</summary>
    public static string Wide(int series = 5)
    {
        const int longest = 96;
        var text = new StringBuilder("id").AppendJoin("", Enumerable.Range(1, longest).Select(i => $",V{i}")).Append('\n');
        for (var s = 0; s < series; s++)
        {
            var length = longest - (8 * s);
            text.Append(CultureInfo.InvariantCulture, $"S{s + 1}");
            for (var t = 0; t < longest; t++) text.Append(',').Append(t < length ? (20 + s + (t % 8) + (t * 7 % 3)).ToString(CultureInfo.InvariantCulture) : "");
            text.Append('\n');
        }
        return text.ToString();
    }

    public string Write(string name, string content) => Write(name, Encoding.UTF8.GetBytes(content));

    public string Write(string name, byte[] content)
    {
        var path = Path(name);
        File.WriteAllBytes(path, content);
        return path;
    }

    public static byte[] Gzip(string content)
    {
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(Encoding.UTF8.GetBytes(content));
        return memory.ToArray();
    }

    public string Path(string name) => System.IO.Path.Combine(_folder, name);

    /// <summary>Text without the name of the folder, which differs from run to run.</summary>
    public string Relative(string text) => text.Replace(_folder + "/", "", StringComparison.Ordinal);

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
