using Orleans.Concurrency;

namespace Foreflow.Engine.Runs;

/// <summary>A run. Its key is the run's id.</summary>
public interface IRunGrain : IGrainWithStringKey
{
    /// <summary>Takes the run on; when this returns, the run survives any crash.</summary>
    Task Accept(AcceptRun request);

    /// <summary>Takes an open run up again after its engine stopped.</summary>
    Task Recover(string pool);

    /// <summary>The pool says where attempts go.</summary>
    [OneWay]
    Task Placed(AttemptPlaces places);

    /// <summary>A node says how an attempt ended. When this returns, the end is on disk.</summary>
    Task Finished(AttemptReport report);

    /// <summary>Ends the run before its time.</summary>
    Task Cancel(string why);

    /// <summary>Starts nothing new until it is resumed.</summary>
    Task Pause(string why);

    /// <summary>Goes on.</summary>
    Task Resume();

    /// <summary>Starts nothing new of one stage until that is resumed. Nothing happens where there is no such stage or it is paused already.</summary>
    Task PauseStage(string stage, string why);

    /// <summary>The stage goes on.</summary>
    Task ResumeStage(string stage);

    /// <summary>Tasks of a stage wait at a gate: told to whoever lists runs. Told again within ten seconds, nothing happens.</summary>
    [OneWay]
    Task Park(int stage, string why);

    /// <summary>An attempt stands still from now on, or (null) goes on.</summary>
    [OneWay]
    Task Stand(AttemptKey key, string? why);

    /// <summary>The run as it is.</summary>
    Task<RunView> View();

    /// <summary>The run as it is once it is over, or after the time given.</summary>
    Task<RunView> WaitForEnd(TimeSpan atMost);
}
