using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Tests.Sampling;

public sealed class MemoryPeakTests
{
    private const long Mega = 1_000_000;

    [Fact]
    public void File_pages_do_not_count_at_the_end_of_a_short_stage()
    {
        var peak = new MemoryPeakEstimate();
        // Allocated 300, wrote 50, ended: only the file's pages are left.
        peak.Add(50 * Mega, 50 * Mega, 350 * Mega);
        Assert.Equal(300 * Mega, peak.PeakBytes);
    }

    [Fact]
    public void A_file_read_after_the_memory_was_given_back_does_not_hide_it()
    {
        var peak = new MemoryPeakEstimate();
        peak.Add(300 * Mega, 0, 300 * Mega);
        peak.Add(1000 * Mega, 999 * Mega, 1000 * Mega);
        Assert.Equal(300 * Mega, peak.PeakBytes);
    }

    [Fact]
    public void A_file_that_was_deleted_again_does_not_count()
    {
        var peak = new MemoryPeakEstimate();
        peak.Add(900 * Mega, 890 * Mega, 900 * Mega);
        peak.Add(20 * Mega, 0, 1000 * Mega);
        Assert.Equal(110 * Mega, peak.PeakBytes);
    }

    [Fact]
    public void A_spike_between_samples_is_seen_by_the_high_water_mark()
    {
        var peak = new MemoryPeakEstimate();
        peak.Add(10 * Mega, 0, 10 * Mega);
        peak.Add(10 * Mega, 0, 500 * Mega);
        Assert.Equal(500 * Mega, peak.PeakBytes);
    }

    [Fact]
    public void Without_a_mark_the_samples_must_do()
    {
        var peak = new MemoryPeakEstimate();
        Assert.Equal(70 * Mega, peak.Add(100 * Mega, 30 * Mega, null));
        peak.Add(20 * Mega, 0, null);
        Assert.Equal(70 * Mega, peak.PeakBytes);
    }
}
