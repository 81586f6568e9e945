using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Foreflow.Cli.Presentation;
using Foreflow.Core.Profiling;

namespace Foreflow.Cli.Hosting;

/// <summary>Profiles in a file.</summary>
public static class ProfileFile
{
    /// <summary>The text of a file that holds these profiles.</summary>
    public static string Write(IEnumerable<ShelvedProfile> profiles) =>
        ExportedProfiles.Write(profiles.Select(p => KeyValuePair.Create(new ProfileKey(p.Stage, p.NodeClass), p.Profile)));

    /// <summary>A name for these very profiles: the same for the same content, whatever its file is called.</summary>
    public static string Source(IEnumerable<ShelvedProfile> profiles) => "profiles:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Write(profiles))));

    /// <summary>Reads a file: all of it, or none.</summary>
    /// <exception cref="UserErrorException">It is not such a file; the message says why and where.</exception>
    public static IReadOnlyList<ShelvedProfile> Read(string path)
    {
        try
        {
            if (new FileInfo(path).Length > ExportedProfiles.MaximumBytes) throw new UserErrorException($"{path}: is larger than {ExportedProfiles.MaximumBytes} bytes");
            return [.. ExportedProfiles.Read(File.ReadAllBytes(path)).Select(p => new ShelvedProfile(p.Key.Stage, p.Key.NodeClass, p.Value))];
        }
        catch (ProfileFormatException e)
        {
            throw new UserErrorException($"{path}: {e.Message}");
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
}
