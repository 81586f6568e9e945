using Foreflow.Core;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Foreflow.Architecture.Tests;

/// <summary>
/// The checker of plans shares no code with their planner: of what planning is made of it reads values, and calls nothing.
/// </summary>
public class PlanCheckerTests
{
    private static readonly string[] PlanningFolders = ["Forecasting", "Replication", "Reservation", "Scheduling", "Outcomes"];

    /// <summary>Types of the top floor that plan, or carry out.</summary>
    private static readonly string[] Planners = [nameof(ControlCycle), nameof(PoolState), nameof(PolicySet), nameof(JournalReplay), nameof(Explanations)];

    [Fact]
    public void It_calls_nothing_of_the_planner()
    {
        using var core = AssemblyDefinition.ReadAssembly(typeof(PlanChecker).Assembly.Location);
        var calls = CallsOf(core, typeof(PlanChecker).FullName!).ToList();
        Assert.NotEmpty(calls);
        var shared = calls.Where(IsOfPlanner).Select(c => c.FullName).Distinct().ToList();
        Assert.True(shared.Count == 0, string.Join("\n", shared));
    }

    /// <summary>Without this the test above could pass because it sees nothing.</summary>
    [Fact]
    public void The_planner_itself_is_seen_to_call_the_planner()
    {
        using var core = AssemblyDefinition.ReadAssembly(typeof(PlanChecker).Assembly.Location);
        Assert.Contains(CallsOf(core, typeof(ControlCycle).FullName!), IsOfPlanner);
    }

    private static IEnumerable<MethodDefinition> CallsOf(AssemblyDefinition core, string type) => core.MainModule.GetType(type) is { } found
        ? Nested(found).SelectMany(t => t.Methods).Where(m => m.HasBody).SelectMany(m => m.Body.Instructions)
            .Select(i => i.Operand).OfType<MethodReference>().Where(m => m.DeclaringType.Namespace?.StartsWith("Foreflow", StringComparison.Ordinal) ?? false)
            .Select(m => m.Resolve()).Where(m => m is not null && !Nested(found).Contains(m.DeclaringType))
        : [];

    private static List<TypeDefinition> Nested(TypeDefinition type) => [type, .. type.NestedTypes.SelectMany(Nested)];

    /// <summary>True for methods of planning that are more than reading a value.</summary>
    private static bool IsOfPlanner(MethodDefinition method)
    {
        var type = method.DeclaringType;
        var folder = type.Namespace.Split('.').ElementAtOrDefault(2);
        var plans = folder is null ? Planners.Contains(type.Name) : PlanningFolders.Contains(folder);
        return plans && !IsValue(method);
    }

    /// <summary>Properties that hold a value and what a record or value type has by itself.</summary>
    private static bool IsValue(MethodDefinition method) =>
        method.CustomAttributes.Any(a => a.AttributeType.Name == "CompilerGeneratedAttribute")
        || method.Name is "Deconstruct"
        || (method.IsGetter && method.HasBody && method.Body.Instructions.All(i => i.OpCode.Code is Code.Ldarg_0 or Code.Ldfld or Code.Ret));
}
