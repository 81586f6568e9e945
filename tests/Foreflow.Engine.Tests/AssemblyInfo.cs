// Stages that are processes run on Linux, and so do their tests.
[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
