using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Foreflow.Core.Forecasting.Lstm;

/// <summary>
/// The saved form of a network, little-endian: "FFLSTM", version (16 bits), window, horizon, hidden units, decoder units, then counted lists
/// (32-bit count first) of periods (32 bits), levels (64-bit floats) and members, each member its parameters (32-bit floats).
/// </summary>
internal static class LstmFile
{
    private const ushort Version = 1;

    // Far above anything trained here; a damaged count must not ask for gigabytes.
    private const int MaxSize = 4096;

    private static ReadOnlySpan<byte> Magic => "FFLSTM"u8;

    public static byte[] Write(TrainedLstm trained)
    {
        var output = new ArrayBufferWriter<byte>();
        output.Write(Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(output.GetSpan(2), Version);
        output.Advance(2);
        foreach (var size in (int[])[trained.Window, trained.Horizon, trained.Shape.Hidden, trained.Shape.Decoder]) WriteInt(output, size);
        WriteInt(output, trained.Periods.Count);
        foreach (var period in trained.Periods) WriteInt(output, period);
        WriteInt(output, trained.Levels.Count);
        foreach (var level in trained.Levels)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(output.GetSpan(8), level);
            output.Advance(8);
        }

        WriteInt(output, trained.Members.Count);
        foreach (var parameters in trained.Members)
        {
            foreach (var parameter in parameters) WriteInt(output, BitConverter.SingleToInt32Bits(parameter));
        }

        return output.WrittenSpan.ToArray();
    }

    public static TrainedLstm Read(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.StartsWith(Magic)) throw new FormatException("not a saved LSTM: it does not begin with FFLSTM");
        var reader = new Reader(bytes[Magic.Length..]);
        var version = reader.UInt16();
        if (version != Version) throw new FormatException($"this LSTM was saved in version {version}; this program reads version {Version}");

        int window = reader.Size("window", 1), horizon = reader.Size("horizon", 1);
        int hidden = reader.Units("hidden units"), decoder = reader.Units("decoder units");
        var periods = new int[reader.Size("number of periods", 0)];
        foreach (ref var period in periods.AsSpan()) period = reader.Period();
        var levels = new double[reader.Size("number of levels", 1)];
        foreach (ref var level in levels.AsSpan()) level = reader.Level();
        if (!levels.Contains(0.5)) throw new FormatException("the saved LSTM is damaged: it has no median");

        var features = new WindowFeatures(periods, window, horizon);
        var shape = new LstmShape(features.Inputs, hidden, features.StepInputs, decoder, levels.Length);
        var members = new float[reader.Size("number of members", 1)][];
        foreach (ref var member in members.AsSpan()) member = reader.Parameters(shape.ParameterCount);
        reader.End();
        return new TrainedLstm(shape, features, periods, levels, members);
    }

    private static void WriteInt(ArrayBufferWriter<byte> output, int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(4), value);
        output.Advance(4);
    }

    private ref struct Reader(ReadOnlySpan<byte> rest)
    {
        private ReadOnlySpan<byte> _rest = rest;

        public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

        public int Size(string name, int least)
        {
            var value = BinaryPrimitives.ReadInt32LittleEndian(Take(4));
            return value >= least && value <= MaxSize ? value : throw new FormatException($"the saved LSTM is damaged: {name} is {value}");
        }

        public int Units(string name)
        {
            var value = Size(name, 16);
            return value % 16 == 0 ? value : throw new FormatException($"the saved LSTM is damaged: {name} is {value}, not a multiple of 16");
        }

        public int Period()
        {
            var value = BinaryPrimitives.ReadInt32LittleEndian(Take(4));
            return value is > 0 and < 1 << 24 ? value : throw new FormatException($"the saved LSTM is damaged: a period is {value}");
        }

        public double Level()
        {
            var value = BinaryPrimitives.ReadDoubleLittleEndian(Take(8));
            return value is > 0 and < 1 ? value : throw new FormatException($"the saved LSTM is damaged: a level is {value}");
        }

        public float[] Parameters(int count)
        {
            var bits = MemoryMarshal.Cast<byte, int>(Take(count * sizeof(float)));
            var parameters = new float[count];
            for (var i = 0; i < count; i++)
            {
                parameters[i] = BitConverter.Int32BitsToSingle(BitConverter.IsLittleEndian ? bits[i] : BinaryPrimitives.ReverseEndianness(bits[i]));
                if (!float.IsFinite(parameters[i])) throw new FormatException("the saved LSTM is damaged: a parameter is not a number");
            }

            return parameters;
        }

        public readonly void End()
        {
            if (!_rest.IsEmpty) throw new FormatException($"the saved LSTM is damaged: {_rest.Length} bytes are left over");
        }

        private ReadOnlySpan<byte> Take(int count)
        {
            if (_rest.Length < count) throw new FormatException("the saved LSTM is cut off");
            var taken = _rest[..count];
            _rest = _rest[count..];
            return taken;
        }
    }
}
