using System.CommandLine;
using SightPay.Bench.Chaos;
using SightPay.Bench.Faces;
using SightPay.Bench.Ledger;
using SightPay.Bench.Plates;
using SightPay.Bench.Serving;

// One verb per benchmark or evaluation; each prints a JSON object as its last line.
var root = new RootCommand("SightPay benchmarks and evaluations.");
root.Add(FacesVerb.Create());
root.Add(IdentifyVerb.Create());
root.Add(AccuracyVerb.Create());
root.Add(CalibrateVerb.Create());
root.Add(PoorVerb.Create());
root.Add(VisitsVerb.Create());
root.Add(LivenessVerb.Create());
root.Add(PlatesVerb.Create());
root.Add(PlateMatchVerb.Create());
root.Add(PlateFramesVerb.Create());
root.Add(VisionVerb.Create());
root.Add(SearchVerb.Create());
root.Add(LedgerVerb.Create());
root.Add(GatesVerb.Create());
root.Add(GalleryVerb.Create());
root.Add(ApiVerb.Create());
root.Add(ChaosVerb.Create());
return await root.Parse(args).InvokeAsync();
