using System.Reflection;
using Foreflow.Core;
using NetArchTest.Rules;

namespace Foreflow.Architecture.Tests;

public class FloorTests
{
    /// <summary>Floors of Core from the ground; folders on one line share a floor and do not see each other.</summary>
    private static readonly string[][] Floors =
    [
        ["Model"],
        ["Workflows", "Profiling"],
        ["Runs"],
        ["Snapshot"],
        ["Forecasting"],
        ["Replication"],
        ["Reservation"],
        ["Scheduling"],
        ["Outcomes"],
    ];

    private static readonly Assembly Core = typeof(ControlCycle).Assembly;

    public static TheoryData<string> Folders => [.. Floors.SelectMany(f => f)];

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_folder_of_Core_sees_lower_floors_only(string folder)
    {
        var floor = Array.FindIndex(Floors, f => f.Contains(folder));
        var hidden = Floors.Skip(floor).SelectMany(f => f).Where(f => f != folder).Select(f => $"Foreflow.Core.{f}").ToArray();
        var result = Types.InAssembly(Core).That().ResideInNamespaceStartingWith($"Foreflow.Core.{folder}")
            .ShouldNot().HaveDependencyOnAny(hidden).GetResult();
        Assert.True(result.IsSuccessful, $"{folder} looks up: {string.Join(", ", result.FailingTypeNames ?? [])}");
    }

    [Fact]
    public void Every_folder_of_Core_has_a_floor()
    {
        var known = Floors.SelectMany(f => f).ToHashSet();
        var folders = Core.GetTypes().Select(t => t.Namespace).OfType<string>().Where(n => n.StartsWith("Foreflow.Core.", StringComparison.Ordinal))
            .Select(n => n.Split('.')[2]).Distinct().Order().ToList();
        Assert.DoesNotContain(folders, f => !known.Contains(f));
    }

    [Fact]
    public void Core_references_nothing_that_does_input_or_output()
    {
        string[] banned = ["System.Net", "Orleans", "Microsoft.Data.Sqlite", "Npgsql", "System.Diagnostics.Process", "Microsoft.Extensions"];
        var references = Core.GetReferencedAssemblies().Select(a => a.Name!).ToList();
        Assert.DoesNotContain(references, r => banned.Any(b => r.StartsWith(b, StringComparison.Ordinal)));
        Assert.DoesNotContain(references, r => r.StartsWith("Foreflow.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Foreflow.Engine", "Foreflow.Storage")]
    [InlineData("Foreflow.Engine", "Foreflow.Cli")]
    [InlineData("Foreflow.Engine", "Foreflow.Simulator")]
    [InlineData("Foreflow.Simulator", "Foreflow.Engine")]
    [InlineData("Foreflow.Simulator", "Foreflow.Storage")]
    [InlineData("Foreflow.Traces", "Foreflow.Engine")]
    [InlineData("Foreflow.Storage", "Foreflow.Cli")]
    public void A_project_does_not_see(string project, string other)
    {
        var file = Path.Combine(AppContext.BaseDirectory, project + ".dll");
        if (!File.Exists(file)) Assert.Skip($"{project} is not part of the command line");
        Assert.DoesNotContain(Assembly.LoadFrom(file).GetReferencedAssemblies(), a => a.Name == other);
    }
}
