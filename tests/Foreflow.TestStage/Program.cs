using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Foreflow.TestStage;

// Each argument is one thing to do, in order: burn=2 allocate=300000000 write=PATH,50000000 send=10000000
// output=JSON sleep=60 exit=3 spawn=N environment=PATH http lines … See Actions for all of them.
foreach (var argument in args)
{
    var at = argument.IndexOf('=', StringComparison.Ordinal);
    var (name, value) = at < 0 ? (argument, "") : (argument[..at], argument[(at + 1)..]);
    Actions.Do(name, value);
}
