using System.Globalization;
using Microsoft.Playwright;

namespace SightPay.Browser.Tests;

/// <summary>One tab with the eyes of a tester: it notes every error of the page and keeps pictures of it.</summary>
internal sealed class Walker
{
    public static readonly ViewportSize Phone = new() { Width = 390, Height = 844 };
    public static readonly ViewportSize Desktop = new() { Width = 1280, Height = 800 };

    private const float PatienceMs = 60_000;

    private readonly List<string> _errors = [];
    private readonly IBrowserContext _context;

    private Walker(IBrowserContext context, IPage page)
    {
        (_context, Page) = (context, page);
        Page.SetDefaultTimeout(PatienceMs);
        Page.Console += (_, message) =>
        {
            if (message.Type == "error") _errors.Add($"{message.Text} ({message.Location})");
        };
        Page.PageError += (_, error) => _errors.Add(error);
    }

    public IPage Page { get; }

    /// <summary>Everything that the page's console called an error so far.</summary>
    public IReadOnlyList<string> Errors => _errors;

    /// <summary>Where the pictures of the pages go; the folder of the last run is overwritten.</summary>
    public static string Pictures { get; } =
        Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), $"sightpay-pages-{Environment.UserName}")).FullName;

    /// <summary>Opens a tab with a storage of its own: another person, another device.</summary>
    public static async Task<Walker> OpenAsync(Chromium chromium, string server, ViewportSize size)
    {
        var context = await chromium.Browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = server, ViewportSize = size, Locale = "en-IN", Permissions = ["camera"],
        });
        return new Walker(context, await context.NewPageAsync());
    }

    public Task GoAsync(string address) => Page.GotoAsync(address);

    public ILocator At(string testId) => Page.GetByTestId(testId);

    public Task PressAsync(string testId) => At(testId).ClickAsync();

    public Task FillAsync(string testId, string text) => At(testId).FillAsync(text);

    public Task SeeAsync(string testId) => Assertions.Expect(At(testId).First).ToBeVisibleAsync(Patience());

    /// <summary>Waits until the element says so by an attribute, for instance <c>data-minor</c>.</summary>
    public Task SeeAsync(string testId, string attribute, string value) =>
        Assertions.Expect(At(testId).First).ToHaveAttributeAsync(
            attribute, value, new LocatorAssertionsToHaveAttributeOptions { Timeout = PatienceMs });

    public Task SeeAsync(string testId, string attribute, long value) =>
        SeeAsync(testId, attribute, value.ToString(CultureInfo.InvariantCulture));

    public Task SeeTextAsync(string text) =>
        Assertions.Expect(Page.GetByText(text).First).ToBeVisibleAsync(Patience());

    /// <summary>Waits until there is none of them.</summary>
    public Task SeeNoneAsync(string testId) => Assertions.Expect(At(testId)).ToHaveCountAsync(
        0, new LocatorAssertionsToHaveCountOptions { Timeout = PatienceMs });

    /// <summary>Who is signed in here, as the page keeps them.</summary>
    public Task<string> PersonIdAsync() => Page.EvaluateAsync<string>(
        "JSON.parse(localStorage.getItem('sightpay.customer.session')).user.id");

    /// <summary>Looks at the page at both sizes: nothing may hang out to the side.</summary>
    public async Task InspectAsync(string name)
    {
        var before = Page.ViewportSize!;
        foreach (var (size, device) in new[] { (Phone, "phone"), (Desktop, "desktop") })
        {
            await Page.SetViewportSizeAsync(size.Width, size.Height);
            var width = await Page.EvaluateAsync<int>("document.documentElement.scrollWidth");
            await Page.ScreenshotAsync(
                new PageScreenshotOptions { Path = Path.Combine(Pictures, $"{name}-{device}.png") });
            Assert.True(width <= size.Width, $"{name} is {width} pixels wide on a {device} of {size.Width}.");
        }

        await Page.SetViewportSizeAsync(before.Width, before.Height);
    }

    public Task CloseAsync() => _context.CloseAsync();

    private static LocatorAssertionsToBeVisibleOptions Patience() => new() { Timeout = PatienceMs };
}
