using System.Globalization;
using Foreflow.Cli.Commands;

namespace Foreflow.Cli.Presentation;

/// <summary>Tells how the demo gets on: a line that grows in a terminal, plain lines in a pipe; nothing of it on standard output.</summary>
internal sealed class DemoProgress(string policy, int waves)
{
    private readonly bool _live = !Console.IsErrorRedirected;

    public void Wave(int wave)
    {
        if (_live) Console.Error.Write($"\r{policy}: wave {wave} of {waves} ");
        else Console.Error.WriteLine($"{policy}: wave {wave} of {waves}");
    }

    public void Close(DemoFigures figures)
    {
        if (_live) Console.Error.Write("\r");
        Console.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{policy}: {figures.Runs} runs, {figures.Tasks} tasks, 95 % waited at most {figures.P95WaitMs:0} ms"));
    }
}
