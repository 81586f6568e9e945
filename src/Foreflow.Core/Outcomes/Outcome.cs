using System.Text.Json.Serialization;
using Foreflow.Core.Model;

namespace Foreflow.Core.Outcomes;

/// <summary>What became of something that was decided ahead, once it could be told.</summary>
/// <param name="SettledAt">When it could be told.</param>
/// <param name="StageName">Full name of the stage it was for.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "o")]
[JsonDerivedType(typeof(ReplicaOutcome), "replicas")]
[JsonDerivedType(typeof(ReservationOutcome), "reservation")]
[JsonDerivedType(typeof(ForecastOutcome), "forecast")]
[JsonDerivedType(typeof(HedgeOutcome), "hedge")]
[JsonDerivedType(typeof(ReliefOutcome), "relief")]
public abstract record Outcome(Instant SettledAt, string StageName);

/// <summary>How something decided ahead turned out.</summary>
public enum Verdict : byte
{
    /// <summary>All of it was used.</summary>
    Hit,

    /// <summary>Some of it was used.</summary>
    Partial,

    /// <summary>None of it was used.</summary>
    Waste,

    /// <summary>None of it was used, and it cost nothing: it was given back before it kept room from anybody, or was lent all the time.</summary>
    Free,

    /// <summary>It failed before anybody could use it.</summary>
    Lost,

    /// <summary>The journal ended before it could be told.</summary>
    Unknown,
}

/// <summary>Writes and reads outcomes as JSON.</summary>
[JsonSourceGenerationOptions(
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(Outcome))]
public sealed partial class OutcomeJson : JsonSerializerContext;
