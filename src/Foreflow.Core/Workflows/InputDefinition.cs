using System.Text.Json;

namespace Foreflow.Core.Workflows;

/// <summary>A value that a run is given.</summary>
/// <param name="Name">Name, unique within the workflow.</param>
/// <param name="Type">What kind of value it is.</param>
/// <param name="Default">The value when a run gives none; null: every run must give one.</param>
/// <param name="Description">For people; empty when there is none.</param>
public sealed record InputDefinition(string Name, InputType Type, JsonElement? Default = null, string Description = "")
{
    /// <summary>True when every run must give a value.</summary>
    public bool Required => Default is null;
}

/// <summary>The kinds of value of an input.</summary>
public enum InputType
{
    /// <summary>Text.</summary>
    String,

    /// <summary>A number as JSON has it.</summary>
    Number,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>A JSON array.</summary>
    Array,

    /// <summary>A JSON object.</summary>
    Object,
}
