using System.Runtime.InteropServices;
using System.Text;
using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Execution.Processes;

/// <summary>Everything a new process is given. It inherits nothing else: no other descriptor, variable or signal setting.</summary>
/// <param name="File">Full path of the program.</param>
/// <param name="Arguments">Its arguments, the first being its own name.</param>
/// <param name="Environment">Its whole environment.</param>
/// <param name="WorkingFolder">The folder it starts in.</param>
/// <param name="StandardInput">Descriptor of its standard input; -1 for none (/dev/null).</param>
/// <param name="StandardOutput">Descriptor of its standard output.</param>
/// <param name="StandardError">Descriptor of its standard error.</param>
internal readonly record struct SpawnRequest(
    string File,
    IReadOnlyList<string> Arguments,
    IReadOnlyList<KeyValuePair<string, string>> Environment,
    string WorkingFolder,
    int StandardInput,
    int StandardOutput,
    int StandardError);

/// <summary>
/// Starts processes by posix_spawn: the parent's memory is not copied, output goes where it should without a copier in
/// between, and the child leads a session of its own, so that it and its children can be signalled together and a
/// Ctrl-C at our terminal does not reach them.
/// </summary>
internal static unsafe class Spawner
{
    private const short SetDefaultSignals = 0x04, SetSignalMask = 0x08, SetSession = 0x80;

    // posix_spawnattr_t takes 336 bytes, posix_spawn_file_actions_t 80, sigset_t 128, in glibc and musl alike.
    private const int StructBytes = 512;

    private static readonly delegate* unmanaged<void*, int, int> CloseFrom = FindCloseFrom();

    /// <summary>Starts it and returns its id; or minus the error number.</summary>
    internal static int Start(in SpawnRequest request)
    {
        var actions = stackalloc byte[StructBytes];
        var attributes = stackalloc byte[StructBytes];
        var signals = stackalloc byte[StructBytes];
        _ = ProcessCalls.ActionsInit(actions);
        _ = ProcessCalls.AttributesInit(attributes);
        try
        {
            _ = ProcessCalls.AttributesSetFlags(attributes, SetSession | SetDefaultSignals | SetSignalMask);
            _ = ProcessCalls.FillSignals(signals);
            _ = ProcessCalls.AttributesSetDefaultSignals(attributes, signals);
            _ = ProcessCalls.EmptySignals(signals);
            _ = ProcessCalls.AttributesSetSignalMask(attributes, signals);
            fixed (byte* nothing = "/dev/null\0"u8)
            fixed (byte* folder = Encoding.UTF8.GetBytes(request.WorkingFolder + "\0"))
            fixed (byte* file = Encoding.UTF8.GetBytes(request.File + "\0"))
            {
                if (request.StandardInput < 0) _ = ProcessCalls.ActionsOpen(actions, 0, nothing, SystemCalls.ReadOnly, 0);
                else _ = ProcessCalls.ActionsDup2(actions, request.StandardInput, 0);
                _ = ProcessCalls.ActionsDup2(actions, request.StandardOutput, 1);
                _ = ProcessCalls.ActionsDup2(actions, request.StandardError, 2);
                if (CloseFrom != null) _ = CloseFrom(actions, 3);
                _ = ProcessCalls.ActionsChangeFolder(actions, folder);
                return Start(file, actions, attributes, request);
            }
        }
        finally
        {
            _ = ProcessCalls.ActionsDestroy(actions);
            _ = ProcessCalls.AttributesDestroy(attributes);
        }
    }

    private static int Start(byte* file, void* actions, void* attributes, in SpawnRequest request)
    {
        var arguments = Pointers(request.Arguments.Count, request.Arguments, static (list, i) => list[i]);
        var environment = Pointers(request.Environment.Count, request.Environment, static (list, i) => $"{list[i].Key}={list[i].Value}");
        try
        {
            int process;
            var error = ProcessCalls.Spawn(&process, file, actions, attributes, arguments, environment);
            return error == 0 ? process : -error;
        }
        finally
        {
            NativeMemory.Free(arguments);
            NativeMemory.Free(environment);
        }
    }

    /// <summary>A null-terminated array of null-terminated texts in one block of memory.</summary>
    private static byte** Pointers<T>(int count, T list, Func<T, int, string> text)
    {
        var texts = new byte[count][];
        var bytes = (count + 1) * sizeof(byte*);
        for (var i = 0; i < count; i++)
        {
            texts[i] = Encoding.UTF8.GetBytes(text(list, i));
            bytes += texts[i].Length + 1;
        }

        var block = (byte**)NativeMemory.Alloc((nuint)bytes);
        var next = (byte*)(block + count + 1);
        for (var i = 0; i < count; i++)
        {
            block[i] = next;
            texts[i].CopyTo(new Span<byte>(next, texts[i].Length));
            next[texts[i].Length] = 0;
            next += texts[i].Length + 1;
        }

        block[count] = null;
        return block;
    }

    /// <summary>Closes what others in this process may have opened without close-on-exec; glibc has it from 2.34.</summary>
    private static delegate* unmanaged<void*, int, int> FindCloseFrom() =>
        NativeLibrary.TryLoad("libc", typeof(Spawner).Assembly, null, out var libc)
        && NativeLibrary.TryGetExport(libc, "posix_spawn_file_actions_addclosefrom_np", out var address)
            ? (delegate* unmanaged<void*, int, int>)address
            : null;
}
