using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Foreflow.Core.Workflows.Yaml;

namespace Foreflow.Core.Workflows.Validation;

/// <summary>Turns a draft into a definition: checked, with its graph and version.</summary>
internal static class WorkflowCompletion
{
    /// <summary>The finished definition; null when there is an error among the findings.</summary>
    /// <param name="draft">The draft.</param>
    /// <param name="findings">What was wrong already; takes what is found now.</param>
    public static WorkflowDefinition? Complete(WorkflowDefinition draft, Findings findings)
    {
        var graph = WorkflowValidator.Check(draft, findings);
        if (findings.HasErrors) return null;
        var text = Encoding.UTF8.GetBytes(WorkflowWriter.Write(draft));
        if (text.Length > WorkflowReader.MaxBytes)
        {
            // Aliases and code can stand for more than a file can say.
            findings.Add("", "too-large", string.Create(CultureInfo.InvariantCulture, $"written out, the workflow has {text.Length:N0} bytes: at most {WorkflowReader.MaxBytes:N0}"));
            return null;
        }

        return draft with { Graph = graph, Version = Convert.ToHexStringLower(SHA256.HashData(text)) };
    }
}
