using System.Collections.Immutable;

namespace Foreflow.Traces.Workflows;

/// <summary>Makes indexed tasks of drafts: finds relatives, makes edges go both ways, orders them, refuses cycles.</summary>
internal static class GraphBuilder
{
    internal static (ImmutableArray<WorkflowTask> Tasks, ImmutableArray<int> Order) Build(string path, List<TaskDraft> drafts, ImmutableArray<string>.Builder notes)
    {
        if (drafts.Count == 0) throw new TraceFileException(path, "has no task");
        if (drafts.Count > WfFormatFile.MaximumTasks) throw new TraceFileException(path, $"has more than {WfFormatFile.MaximumTasks} tasks");
        var index = Index(drafts);
        var parents = drafts.Select(_ => new SortedSet<int>()).ToArray();
        var children = drafts.Select(_ => new SortedSet<int>()).ToArray();
        var (fromParents, fromChildren) = (0, 0);
        for (var i = 0; i < drafts.Count; i++)
        {
            foreach (var name in drafts[i].Parents) fromParents += Join(Find(index, drafts[i], "parents", name), i, parents, children);
        }

        for (var i = 0; i < drafts.Count; i++)
        {
            foreach (var name in drafts[i].Children) fromChildren += Join(i, Find(index, drafts[i], "children", name), parents, children);
        }

        if (fromChildren > 0 && fromParents > 0) notes.Add($"{fromChildren} edges were named by the parent only: both ends know them now");
        var tasks = Enumerable.Range(0, drafts.Count).Select(i => Task(drafts[i], i, parents[i], children[i])).ToImmutableArray();
        var unmeasured = drafts.Count(d => d.Execution is null);
        if (unmeasured > 0) notes.Add($"{unmeasured} tasks have no execution: their run time counts as 0");
        return (tasks, Order(path, tasks));
    }

    private static Dictionary<string, int> Index(List<TaskDraft> drafts)
    {
        var index = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < drafts.Count; i++)
        {
            if (!index.TryAdd(drafts[i].Id, i)) throw drafts[i].At.Fault($"another task has the id '{drafts[i].Id}' too");
        }

        // Version 1.4 names relatives by name. Where two tasks share a name, ids must be used.
        foreach (var group in drafts.Select((draft, i) => (draft.Name, i)).GroupBy(d => d.Name).Where(g => g.Count() == 1))
        {
            index.TryAdd(group.Key, group.First().i);
        }

        return index;
    }

    private static int Find(Dictionary<string, int> index, TaskDraft draft, string list, string name) =>
        index.TryGetValue(name, out var found) ? found : throw draft.At.Fault($"{list}: there is no task '{name}'");

    private static int Join(int parent, int child, SortedSet<int>[] parents, SortedSet<int>[] children)
    {
        children[parent].Add(child);
        return parents[child].Add(parent) ? 1 : 0;
    }

    private static WorkflowTask Task(TaskDraft draft, int index, SortedSet<int> parents, SortedSet<int> children)
    {
        var execution = draft.Execution;
        var program = execution?.Find("command")?.Find("program")?.AnyText();
        var word = program is { Length: > 0 and <= 128 } && !program.Any(char.IsWhiteSpace) ? program : null;
        return new WorkflowTask
        {
            Index = index,
            Id = draft.Id,
            Type = execution?.Find("category")?.AnyText() ?? word ?? WithoutNumber(draft.Name),
            Program = word,
            Parents = [.. parents],
            Children = [.. children],
            RuntimeSeconds = execution?.Find("runtimeInSeconds", "runtime")?.Number() ?? 0,
            Cores = execution?.Find("coreCount", "cores")?.Number() is > 0 and var cores ? cores : 1,
            CpuCores = execution?.Find("avgCPU")?.Number() / 100,
            MemoryBytes = execution?.Find("memoryInBytes")?.Whole() is > 0 and var memory ? memory : null,
            ReadBytes = execution?.Find("readBytes", "bytesRead")?.Whole(),
            WrittenBytes = execution?.Find("writtenBytes", "bytesWritten")?.Whole(),
            InputBytes = draft.InputBytes,
            OutputBytes = draft.OutputBytes,
            Machine = execution?.Find("machine")?.AnyText() ?? execution?.Find("machines")?.Items().FirstOrDefault().AnyText(),
        };
    }

    /// <summary>A task's name without the number that makes it unique: <c>mAdd_ID0000012</c> and <c>FASTQC_12</c> lose it.</summary>
    private static string WithoutNumber(string name)
    {
        var end = name.Length;
        while (end > 0 && char.IsAsciiDigit(name[end - 1])) end--;
        if (end == name.Length) return name;
        if (end >= 2 && name.AsSpan(0, end).EndsWith("ID")) end -= 2;
        return end > 1 && name[end - 1] == '_' ? name[..(end - 1)] : name;
    }

    /// <summary>Kahn's algorithm, smallest index first.</summary>
    private static ImmutableArray<int> Order(string path, ImmutableArray<WorkflowTask> tasks)
    {
        var waiting = tasks.Select(t => t.Parents.Length).ToArray();
        var ready = new PriorityQueue<int, int>();
        foreach (var task in tasks.Where(t => t.Parents.IsEmpty)) ready.Enqueue(task.Index, task.Index);
        var order = ImmutableArray.CreateBuilder<int>(tasks.Length);
        while (ready.TryDequeue(out var next, out _))
        {
            order.Add(next);
            foreach (var child in tasks[next].Children)
            {
                if (--waiting[child] == 0) ready.Enqueue(child, child);
            }
        }

        if (order.Count == tasks.Length) return order.MoveToImmutable();
        var caught = tasks.First(t => waiting[t.Index] > 0);
        throw new TraceFileException(path, $"the tasks depend on each other in a circle: '{caught.Id}' waits for itself or for one that does");
    }
}
