namespace Foreflow.Traces.Workflows;

/// <summary>A task as the file has it, before its relatives are found.</summary>
internal sealed class TaskDraft
{
    private TaskDraft(JsonPlace specification)
    {
        At = specification;
        Name = specification.Get("name").Text();
        Id = specification.Find("id")?.Text() ?? Name;
        Parents = Names(specification, "parents");
        Children = Names(specification, "children");
    }

    internal JsonPlace At { get; }

    internal string Id { get; }

    internal string Name { get; }

    internal IReadOnlyList<string> Parents { get; }

    internal IReadOnlyList<string> Children { get; }

    internal JsonPlace? Execution { get; private init; }

    internal long? InputBytes { get; private set; }

    internal long? OutputBytes { get; private set; }

    /// <summary>Version 1.4: what a task is and what it took stand together.</summary>
    internal static IEnumerable<TaskDraft> ReadJoined(JsonPlace workflow)
    {
        foreach (var task in workflow.Get("tasks").Items())
        {
            var draft = new TaskDraft(task.Object()) { Execution = task };
            foreach (var file in task.Find("files")?.Items() ?? [])
            {
                var size = file.Find("sizeInBytes", "size")?.Whole();
                if (file.Find("link")?.Text() == "output") draft.OutputBytes = Sum(draft.OutputBytes, size);
                else draft.InputBytes = Sum(draft.InputBytes, size);
            }

            yield return draft;
        }
    }

    /// <summary>From version 1.5: specification and execution stand apart, joined by id.</summary>
    internal static IEnumerable<TaskDraft> ReadSplit(JsonPlace workflow)
    {
        var specification = workflow.Get("specification").Object();
        var sizes = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var file in specification.Find("files")?.Items() ?? [])
        {
            if (file.Find("sizeInBytes") is { } size) sizes[file.Get("id").Text()] = size.Whole();
        }

        var executions = new Dictionary<string, JsonPlace>(StringComparer.Ordinal);
        foreach (var task in workflow.Find("execution")?.Find("tasks")?.Items() ?? [])
        {
            if (!executions.TryAdd(task.Object().Get("id").Text(), task)) throw task.Fault("another task has this id too");
        }

        foreach (var task in specification.Get("tasks").Items())
        {
            var id = task.Object().Find("id")?.Text() ?? task.Get("name").Text();
            JsonPlace? execution = executions.TryGetValue(id, out var found) ? found : null;
            yield return new TaskDraft(task)
            {
                Execution = execution,
                InputBytes = Total(task, "inputFiles", sizes),
                OutputBytes = Total(task, "outputFiles", sizes),
            };
        }
    }

    private static long? Total(JsonPlace task, string list, Dictionary<string, long> sizes)
    {
        long? total = null;
        foreach (var file in Names(task, list))
        {
            if (sizes.TryGetValue(file, out var size)) total = Sum(total, size);
        }

        return total;
    }

    private static long? Sum(long? total, long? size) => size is null ? total : Math.Min(total ?? 0, long.MaxValue - size.Value) + size;

    private static List<string> Names(JsonPlace task, string list) => task.Find(list)?.Items().Select(item => item.Text()).ToList() ?? [];
}
