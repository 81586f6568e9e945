// Trains the LSTM on every series of a set and prints its time and its error against the seasonal naive forecast; with --ensemble, what
// the ensemble makes of it.
//   bench/lstm [--set generated|m4|nn5|gefcom|taylor|appserver|azure|calls|taxi] [--every N] [--cut STEPS] [--global] [--ensemble] [--seed N] [--verbose] [--option Name=Value]...
using System.Diagnostics;
using System.Globalization;
using Foreflow.Bench.Lstm;
using Foreflow.Core.Forecasting;
using Foreflow.Core.Forecasting.Lstm;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
string set = "generated";
int every = 1, cut = 0;
ulong seed = 1;
bool global = false, verbose = false, ensemble = false;
var options = new LstmOptions();
for (var i = 0; i < args.Length; i++)
{
    switch (args[i])
    {
        case "--set": set = args[++i]; break;
        case "--every": every = int.Parse(args[++i]); break;
        case "--cut": cut = int.Parse(args[++i]); break;
        case "--seed": seed = ulong.Parse(args[++i]); break;
        case "--global": global = true; break;
        case "--ensemble": ensemble = true; break;
        case "--verbose": verbose = true; break;
        case "--option": SetOption(options, args[++i]); break;
        default: Console.Error.WriteLine($"unknown argument '{args[i]}'"); return 2;
    }
}

var cases = Cases.Of(set, every, cut);
options = options with { Horizon = options.Horizon ?? cases[0].Actual.Length };
Console.WriteLine($"{set}: {cases.Count} series, every {every}, cut {cut}, seed {seed}, {(global ? "one network for all" : "one network a series")}");
if (ensemble)
{
    var admissions = cases.Select(one => Admission.Of(one, options, seed)).ToList();
    if (verbose) admissions.ForEach(one => Console.WriteLine($"  {one}"));
    Console.WriteLine(Admission.Summary(admissions));
    return 0;
}

TrainedLstm? shared = null;
if (global)
{
    var clock = Stopwatch.StartNew();
    shared = TrainedLstm.Train([.. cases.Select(one => one.History)], new FitOptions(cases[0].Periods, seed), options);
    Console.WriteLine($"trained {shared.Description} in {clock.Elapsed.TotalSeconds:F1} s, {shared.Save().Length / 1024} KiB saved");
}

var model = new LstmModel(options, shared);
var scores = cases.Select(one => Score.Of(one, model, seed)).ToList();
if (verbose)
{
    foreach (var score in scores) Console.WriteLine($"  {score}");
}

Console.WriteLine(Score.Summary(scores));
return 0;

static void SetOption(LstmOptions options, string assignment)
{
    var parts = assignment.Split('=', 2);
    var property = typeof(LstmOptions).GetProperty(parts[0]) ?? throw new ArgumentException($"LstmOptions has no '{parts[0]}'");
    var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
    property.SetValue(options, Convert.ChangeType(parts[1], type, CultureInfo.InvariantCulture));
}
