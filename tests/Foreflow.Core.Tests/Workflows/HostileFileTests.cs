using System.Diagnostics;
using System.Text;
using Foreflow.Core.Workflows.Yaml;

namespace Foreflow.Core.Tests.Workflows;

/// <summary>Files of some megabytes made to be slow. The bound is loose: what it catches is work that grows with the square of the file.</summary>
public class HostileFileTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private static readonly Dictionary<string, Func<string>> Files = new(StringComparer.Ordinal)
    {
        ["open brackets"] = () => Repeat(_ => "[", 4_000_000),
        ["open braces"] = () => Repeat(_ => "{", 2_000_000),
        ["dashes"] = () => Repeat(_ => "- ", 2_000_000),
        ["question marks"] = () => Repeat(_ => "? ", 2_000_000),
        ["colons"] = () => "name" + Repeat(_ => ": a", 1_000_000),
        ["anchors"] = () => Repeat(i => $"&a{i} ", 200_000),
        ["one long word"] = () => new string('a', 2_000_000),
        ["one long key"] = () => new string('a', 2_000_000) + ": b",
        ["one long name"] = () => "name: " + new string('a', 2_000_000),
        ["open quote"] = () => "name: \"" + new string('a', 2_000_000),
        ["empty lines"] = () => new string('\n', 2_000_000),
        ["comments"] = () => Repeat(_ => "#\n", 2_000_000),
        ["blanks in a quote"] = () => "name: \"" + Repeat(_ => " \n ", 650_000) + "\"",
        ["equal keys"] = () => Repeat(_ => "a: b\n", 200_000),
        ["unknown keys"] = () => Repeat(i => $"k{i}: b\n", 175_000),
        ["list of numbers"] = () => "name: x\nx-list: [" + Repeat(_ => "1,", 2_000_000) + "]",
        ["many stages"] = () => "name: x\nstages:\n" + Repeat(i => $"  s{i}: {{run: a}}\n", 190_000),
        ["most stages"] = () => "name: x\nstages:\n" + Repeat(i => $"  s{i}: {{run: a}}\n", 10_000),
        ["a chain of stages that read from afar"] = () => "name: x\nstages:\n  s0: {run: a, outputs: [o]}\n"
            + Repeat(i => $"  s{i + 1}: {{run: a, needs: [s{i}], env: {{A: \"${{{{ stages.s0.outputs.o }}}}\"}}}}\n", 9_999),
        ["a ladder of stages"] = () => "name: x\nstages:\n" + Repeat(i => $"  s{i}: {{run: a, needs: [{string.Join(',', Enumerable.Range(Math.Max(0, i - 75), Math.Min(i, 75)).Select(n => $"s{n}"))}]}}\n", 8_000),
        ["unknown needs"] = () => "name: x\nstages:\n" + Repeat(i => $"  stage-number-{i}: {{run: a}}\n", 9_000) + "  z: {run: a, needs: [" + Repeat(i => $"stage-numbre-{i},", 200_000) + "]}",
        ["one circle"] = () => "name: x\nstages:\n" + Repeat(i => $"  s{i}: {{run: a, needs: [s{(i + 1) % 10_000}]}}\n", 10_000),
        ["many inputs"] = () => "name: x\ninputs:\n" + Repeat(i => $"  i{i}:\n", 300_000) + "stages: {a: {run: a}}",
        ["many outputs"] = () => "name: x\nstages: {a: {run: a, outputs: [" + Repeat(i => $"o{i},", 225_000) + "]}}",
        ["many variables"] = () => "name: x\nstages:\n  a:\n    run: a\n    env:\n" + Repeat(i => $"      V{i}: \"${{{{ inputs.nothing{i} }}}}\"\n", 90_000),
        ["one long expression"] = () => "name: x\nstages: {a: {run: a, when: \"" + Repeat(_ => "true || ", 500_000) + "true\"}}",
        ["open expressions"] = () => "name: x\nstages: {a: {run: a, env: {A: \"" + Repeat(_ => "${{ ", 1_000_000) + "\"}}}",
        ["quotes in a template"] = () => "name: x\nstages: {a: {run: a, env: {A: \"" + Repeat(_ => "${{ 'a' }}'", 190_000) + "\"}}}",
        ["long numbers"] = () => "name: x\ninputs: {a: {default: " + new string('9', 2_000_000) + "}}\nstages: {a: {run: a}}",
        ["shared lists"] = () => "name: x\nx-a: &a [" + Repeat(_ => "1,", 4_900) + "]\nstages:\n" + Repeat(i => $"  s{i}: {{run: a, foreach: *a}}\n", 99),
    };

    public static TheoryData<string> Names => [.. Files.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_file_made_to_be_slow_is_read_or_refused_soon(string name)
    {
        var text = Files[name]();
        Assert.InRange(Encoding.UTF8.GetByteCount(text), 1, WorkflowReader.MaxBytes);
        var clock = Stopwatch.StartNew();
        var reading = WorkflowReader.Read(text);
        clock.Stop();
        output.WriteLine($"{name}: {text.Length / 1e6:F1} MB, {clock.ElapsedMilliseconds} ms, {reading.Diagnostics.FirstOrDefault()?.Message ?? "good"}");
        Assert.True(clock.Elapsed < Bound, $"took {clock.Elapsed}");
    }

    private static string Repeat(Func<int, string> part, int count) => string.Concat(Enumerable.Range(0, count).Select(part));
}
