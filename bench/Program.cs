using System.CommandLine;

// One verb per benchmark or evaluation; each prints a JSON object as its last line.
var root = new RootCommand("SightPay benchmarks and evaluations.");
return await root.Parse(args).InvokeAsync();
