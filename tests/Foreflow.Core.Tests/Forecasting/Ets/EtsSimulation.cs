using Foreflow.Core.Forecasting.Ets;
using Foreflow.Core.Tests.Forecasting.Arima;

namespace Foreflow.Core.Tests.Forecasting.Ets;

/// <summary>Simulated exponential smoothing processes.</summary>
internal static class EtsSimulation
{
    public static readonly Dictionary<string, EtsEstimate> Known = new()
    {
        ["ETS(A,N,N)"] = Make(new(EtsKind.Additive, EtsTrend.None, EtsKind.None, 1), new(0.4, 0, 0, 1), 100, 0, [], 4),
        ["ETS(A,A,N)"] = Make(new(EtsKind.Additive, EtsTrend.Additive, EtsKind.None, 1), new(0.5, 0.1, 0, 1), 100, 0.5, [], 4),
        ["ETS(A,Ad,N)"] = Make(new(EtsKind.Additive, EtsTrend.Damped, EtsKind.None, 1), new(0.5, 0.3, 0, 0.9), 100, 0.5, [], 4),
        ["ETS(M,N,N)"] = Make(new(EtsKind.Multiplicative, EtsTrend.None, EtsKind.None, 1), new(0.3, 0, 0, 1), 100, 0, [], 0.0009),
        ["ETS(M,A,N)"] = Make(new(EtsKind.Multiplicative, EtsTrend.Additive, EtsKind.None, 1), new(0.4, 0.004, 0, 1), 100, 0.4, [], 0.0001),
        ["ETS(A,N,A)[4]"] = Make(new(EtsKind.Additive, EtsTrend.None, EtsKind.Additive, 4), new(0.3, 0, 0.2, 1), 100, 0, [5, -8, 4, -1], 4),
        ["ETS(M,Ad,A)[4]"] = Make(new(EtsKind.Multiplicative, EtsTrend.Damped, EtsKind.Additive, 4), new(0.3, 0.1, 0.1, 0.9), 100, 1, [5, -8, 4, -1], 0.0004),
        ["ETS(M,A,M)[4]"] = Make(new(EtsKind.Multiplicative, EtsTrend.Additive, EtsKind.Multiplicative, 4), new(0.3, 0.01, 0.1, 1), 100, 0.4, [1.2, 0.7, 1.1, 1.0], 0.0004),
    };

    public static EtsState Start(EtsEstimate process)
    {
        var state = new EtsState(process.Form);
        state.Reset(process.Smoothing, process.Level, process.Slope, process.Season);
        return state;
    }

    public static double[] Path(EtsEstimate process, EtsState state, ReadOnlySpan<double> normals)
    {
        var path = new double[normals.Length];
        for (var t = 0; t < path.Length; t++)
        {
            var mean = state.Predict();
            var innovation = normals[t] * Math.Sqrt(process.InnovationVariance);
            path[t] = process.Form.Error == EtsKind.Multiplicative ? mean * (1 + innovation) : mean + innovation;
            state.Step(path[t]);
        }
        return path;
    }

    public static double[] Path(EtsEstimate process, int length, int seed) =>
        Path(process, Start(process), GaussianProcess.Normals(length, seed));

    private static EtsEstimate Make(EtsForm form, EtsSmoothing smoothing, double level, double slope, double[] season, double variance) =>
        new(form, smoothing, level, slope, season, variance, 0, 1_000_000);
}
