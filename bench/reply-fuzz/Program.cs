using System.Diagnostics;
using System.Globalization;
using System.Text;
using Foreflow.Engine.Tests.Execution;

// Damages the replies of workers a million times over and takes each all the way: from a line or a response into a run
// and on to the tasks behind. None may throw, hang, or be kept. Usage: worker-fuzz [mutations [seed]]
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var mutations = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 1_000_000;
var seed = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : Environment.TickCount;
var patience = TimeSpan.FromSeconds(10);
using var path = new ReplyPath(seed);
var (faults, longest, clock) = (0, TimeSpan.Zero, Stopwatch.StartNew());
for (var i = 0; i < mutations; i++)
{
    var reply = path.Next();
    var start = Stopwatch.GetTimestamp();
    try
    {
        await Task.Run(() => path.Take(reply)).WaitAsync(patience);
    }
    catch (TimeoutException)
    {
        Report(i, reply, $"is not through after {patience}");
        return 1;
    }
    catch (Exception e)
    {
        Report(i, reply, e.ToString());
    }

    if (Stopwatch.GetElapsedTime(start) is var took && took > longest) longest = took;
    if (Console.IsErrorRedirected || i % 10_000 > 0) continue;
    Console.Error.Write($"\r{i:N0} of {mutations:N0}");
}

var peak = Process.GetCurrentProcess().PeakWorkingSet64;
Console.WriteLine($"seed {seed}: {mutations:N0} damaged replies, each as a line and as a response, {faults} faults");
Console.WriteLine($"{mutations / clock.Elapsed.TotalSeconds:N0} replies a second, longest {longest.TotalMilliseconds:F1} ms, peak memory {peak / 1e6:F0} MB");
Console.WriteLine("taken as: " + string.Join(", ", path.Causes.OrderByDescending(c => c.Value).Select(c => $"{c.Key} {c.Value:N0}")));
return faults == 0 ? 0 : 1;

void Report(int mutation, byte[] reply, string what)
{
    if (faults++ < 20) Console.WriteLine($"mutation {mutation}: {what}\n{Encoding.UTF8.GetString(reply)}\n");
}
