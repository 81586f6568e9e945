using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Foreflow.Cli.Presentation;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;

namespace Foreflow.Cli.Hosting;

/// <summary>Profiles in a file: JSON, each profile in base64 as it is stored, beside a few figures for people.</summary>
public static class ProfileFile
{
    private const string Format = "foreflow-profiles";
    private const int Version = 1;
    private const long MaximumBytes = 256L << 20;
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>The text of a file that holds these profiles.</summary>
    public static string Write(IEnumerable<ShelvedProfile> profiles) => JsonSerializer.Serialize(
        new Document(Format, Version, [.. profiles.Select(p => new Entry(
            p.Stage.Workflow, p.Stage.Name, p.NodeClass, p.Profile.Attempts, p.Profile.LastUpdate.ToString(), p.Profile.ToBytes()))]),
        Options);

    /// <summary>A name for these very profiles: the same for the same content, whatever its file is called.</summary>
    public static string Source(IEnumerable<ShelvedProfile> profiles) => "profiles:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Write(profiles))));

    /// <summary>Reads a file: all of it, or none.</summary>
    /// <exception cref="UserErrorException">It is not such a file; the message says why and where.</exception>
    public static IReadOnlyList<ShelvedProfile> Read(string path)
    {
        var document = Parse(path);
        if (document?.Format != Format) throw new UserErrorException($"{path}: is no file of profiles; 'foreflow profile export' makes one");
        if (document.Version != Version) throw new UserErrorException($"{path}: is of version {document.Version}; this program reads version {Version}");
        var profiles = new List<ShelvedProfile>();
        foreach (var (entry, index) in (document.Profiles ?? []).Select((e, i) => (e, i)))
        {
            if (string.IsNullOrEmpty(entry.Workflow) || string.IsNullOrEmpty(entry.Stage) || entry.NodeClass is null || entry.Profile is null)
            {
                throw new UserErrorException($"{path}: profiles[{index}]: workflow, stage, nodeClass and profile are needed");
            }

            try
            {
                profiles.Add(new ShelvedProfile(new StageId(entry.Workflow, entry.Stage), entry.NodeClass, StageProfile.FromBytes(entry.Profile)));
            }
            catch (ProfileFormatException e)
            {
                throw new UserErrorException($"{path}: profiles[{index}] ({entry.Workflow}/{entry.Stage}): {e.Message}");
            }
        }

        return profiles;
    }

    private static Document? Parse(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MaximumBytes) throw new UserErrorException($"{path}: is larger than {MaximumBytes} bytes");
            using var stream = File.OpenRead(path);
            return JsonSerializer.Deserialize<Document>(stream, Options);
        }
        catch (JsonException e)
        {
            throw new UserErrorException($"{path}:{(e.LineNumber ?? 0) + 1}:{(e.BytePositionInLine ?? 0) + 1}: is not JSON as 'foreflow profile export' writes it");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new UserErrorException($"{path} cannot be read: {e.Message}");
        }
    }

    private sealed record Document(string Format, int Version, Entry[]? Profiles);

    private sealed record Entry(string Workflow, string Stage, string NodeClass, long Attempts, string LastUpdate, byte[] Profile);
}
