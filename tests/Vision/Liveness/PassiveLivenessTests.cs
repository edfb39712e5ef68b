using SightPay.Vision.Liveness;
using Xunit;

namespace SightPay.Vision.Tests.Liveness;

public sealed class PassiveLivenessTests
{
    [Theory]
    [InlineData("", LiveEvidence.Unknown)]
    [InlineData("0.01 0.01", LiveEvidence.Unknown)] // Two frames decide nothing.
    [InlineData("0.01 - 0.01 -", LiveEvidence.Unknown)]
    [InlineData("0.01 0.01 0.01", LiveEvidence.Picture)]
    [InlineData("0.9 0.9 0.9", LiveEvidence.Person)]
    [InlineData("0.9 0.01 0.8", LiveEvidence.Person)] // One bad frame of a person,
    [InlineData("0.01 0.99 0.02 0.01", LiveEvidence.Picture)] // one lucky frame of a print.
    [InlineData("0.9 0.01 0.9 0.01", LiveEvidence.Picture)] // Half and half: ask.
    [InlineData("0.49 0.49 0.49", LiveEvidence.Picture)]
    [InlineData("0.5 0.5 0.5", LiveEvidence.Person)]
    [InlineData("0.9 0.9 0.9 0.01 0.01 0.01 0.01 0.01 0.01 0.01", LiveEvidence.Picture)] // Long ago.
    public void The_median_of_the_last_frames_decides(string scores, LiveEvidence expected)
    {
        var liveness = new PassiveLiveness();
        foreach (var score in scores.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            liveness.Add(score == "-" ? null : float.Parse(score, System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(expected, liveness.Evidence);
    }
}
