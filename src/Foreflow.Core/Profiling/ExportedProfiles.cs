using System.Text.Json;
using System.Text.Json.Serialization;
using Foreflow.Core.Model;

namespace Foreflow.Core.Profiling;

/// <summary>Profiles as they leave a pool and come into another, or into a simulation: JSON, each profile in base64 as it is stored, beside a few figures for people.</summary>
public static class ExportedProfiles
{
    /// <summary>The longest text worth reading, in bytes: some thirty thousand profiles.</summary>
    public const long MaximumBytes = 256L << 20;

    private const string Format = "foreflow-profiles";
    private const int Version = 1;

    /// <summary>The text that holds these profiles.</summary>
    public static string Write(IEnumerable<KeyValuePair<ProfileKey, StageProfile>> profiles) => JsonSerializer.Serialize(
        new ProfileExport(Format, Version, [.. profiles.Select(p => new ProfileExportEntry(
            p.Key.Stage.Workflow, p.Key.Stage.Name, p.Key.NodeClass, p.Value.Attempts, p.Value.LastUpdate.ToString(), p.Value.ToBytes()))]),
        ProfileExportJson.Default.ProfileExport);

    /// <summary>Reads a text: all of it, or none.</summary>
    /// <param name="utf8">The text, in UTF-8.</param>
    /// <exception cref="JsonException">It is not JSON of this form.</exception>
    /// <exception cref="ProfileFormatException">It is not such a text, or a profile in it cannot be read; the message says which.</exception>
    public static IReadOnlyList<KeyValuePair<ProfileKey, StageProfile>> Read(ReadOnlySpan<byte> utf8)
    {
        var document = JsonSerializer.Deserialize(utf8, ProfileExportJson.Default.ProfileExport);
        if (document?.Format != Format) throw new ProfileFormatException("is no file of profiles; 'foreflow profile export' makes one");
        if (document.Version != Version) throw new ProfileFormatException($"is of version {document.Version}; this program reads version {Version}");
        var profiles = new List<KeyValuePair<ProfileKey, StageProfile>>();
        foreach (var (index, entry) in (document.Profiles ?? []).Index())
        {
            if (string.IsNullOrEmpty(entry.Workflow) || string.IsNullOrEmpty(entry.Stage) || entry.NodeClass is null || entry.Profile is null)
                throw new ProfileFormatException($"profiles[{index}]: workflow, stage, nodeClass and profile are needed");
            try
            {
                profiles.Add(new(new ProfileKey(new StageId(entry.Workflow, entry.Stage), entry.NodeClass), StageProfile.FromBytes(entry.Profile)));
            }
            catch (ProfileFormatException e)
            {
                throw new ProfileFormatException($"profiles[{index}] ({entry.Workflow}/{entry.Stage}): {e.Message}");
            }
        }

        return profiles;
    }
}

internal sealed record ProfileExport(string Format, int Version, ProfileExportEntry[]? Profiles);

internal sealed record ProfileExportEntry(string Workflow, string Stage, string NodeClass, long Attempts, string LastUpdate, byte[] Profile);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(ProfileExport))]
internal sealed partial class ProfileExportJson : JsonSerializerContext;
