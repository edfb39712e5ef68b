using SightPay.Station.Cameras;
using SightPay.Station.Sending;
using SightPay.Vision.Plates;
using SightPay.Vision.Visits;

namespace SightPay.Station.Plates;

/// <summary>
/// Cars before a pump's camera: reads plates here, votes over the frames of each car, and puts one sighting of it into
/// the queue; another one only when the votes change their mind, or when a car that was told early turns out to stand.
/// No pixels leave this computer.
/// </summary>
internal sealed class PlateWatch(PlatePipeline pipeline, string region, SightingQueue queue)
{
    /// <summary>A picture that never changes is never stable; after this time it is told all the same.</summary>
    private static readonly TimeSpan _enough = TimeSpan.FromSeconds(2);

    private readonly PlateVisit _visit = new();
    private (long Car, DateTimeOffset Since) _foremost;
    private (long Car, string Text, bool IsStable) _told;

    /// <summary>Watches until the camera ends.</summary>
    public async Task RunAsync(Camera camera, CancellationToken ct)
    {
        while (await camera.NextAsync(ct) is { } frame) Look(frame);
    }

    /// <summary>The next frame; time is the frames'.</summary>
    public void Look(CameraFrame frame)
    {
        var cars = _visit.Take(pipeline.Read(frame.Picture, region), frame.At);
        if (cars.Count == 0) return;
        var car = cars[0];
        if (_foremost.Car != car.Car) _foremost = (car.Car, frame.At);
        var isSeenEnough = car.IsStable || frame.At - _foremost.Since >= _enough;
        var isTold = (_told.Car, _told.Text) == (car.Car, car.Plate.Text);
        if (!isSeenEnough || (isTold && (_told.IsStable || !car.IsStable))) return;
        _told = (car.Car, car.Plate.Text, car.IsStable);
        queue.Add(frame.At, counter => PlateMessage.Write(counter, frame.At, cars));
    }
}
