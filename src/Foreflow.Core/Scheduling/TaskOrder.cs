namespace Foreflow.Core.Scheduling;

/// <summary>Whose turn it is among the tasks that wait in different stages. Within a stage it is by due time, then by arrival.</summary>
public enum TaskOrder : byte
{
    /// <summary>Least slack first: due time of the run less upward rank.</summary>
    LeastSlack,

    /// <summary>First come, first served: what became ready first. What others are compared with.</summary>
    FirstCome,
}
