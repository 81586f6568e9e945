using Spectre.Console;

namespace Foreflow.Cli.Presentation;

/// <summary>Shows how far work has come: a bar on a terminal, a line at every tenth in a file or a pipe.</summary>
internal static class ProgressLines
{
    private const int Lines = 10;

    /// <summary>Fewer are not worth a line.</summary>
    private const int Least = 4;

    /// <summary>Does work and shows its progress.</summary>
    /// <param name="to">Standard error: answers go to standard output.</param>
    /// <param name="what">What is counted: <c>series</c>.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="work">Does it; calls what it is given after each, from any thread.</param>
    public static void Over(TextWriter to, string what, int count, Action<Action> work)
    {
        if (ReferenceEquals(to, Console.Error))
        {
            var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(to) });
            if (console.Profile.Out.IsTerminal && console.Profile.Capabilities.Ansi)
            {
                console.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn()).Start(context =>
                {
                    var task = context.AddTask($"{count} {what}", maxValue: count);
                    work(() => task.Increment(1));
                });
                return;
            }
        }

        if (count < Least)
        {
            work(() => { });
            return;
        }

        var (done, gate) = (0, new Lock());
        work(() =>
        {
            lock (gate)
            {
                done++;
                if (done * Lines / count > (done - 1) * Lines / count) to.WriteLine($"{done} of {count} {what}");
            }
        });
    }
}
