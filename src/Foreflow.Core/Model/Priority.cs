namespace Foreflow.Core.Model;

/// <summary>How much a missed need costs against an idle replica, and who goes first when capacity is short.</summary>
public enum Priority
{
    /// <summary>May wait; runs on lent capacity and is preempted first.</summary>
    Batch,

    /// <summary>The usual case.</summary>
    Normal,

    /// <summary>Goes first; capacity is held for it with the largest margin.</summary>
    Critical,
}
