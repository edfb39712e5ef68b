namespace SightPay.Architecture.Tests;

/// <summary>
/// Faults of the systems that came before: S1, face ticketing, S2, face payment, and S3, fuel payment. Each has a test
/// that carries its name, so that none comes back unnoticed and nobody deletes the test without meeting this list.
/// </summary>
public sealed class FaultTests
{
    [SkippableTheory]
    [InlineData("S1_negative_balance", "A fare was taken from a wallet that did not hold it.")]
    [InlineData("S1_double_entry", "Two entries at once opened two journeys.")]
    [InlineData("S1_exit_without_entry", "An exit without an entry failed, or was free.")]
    [InlineData("S1_unknown_station", "A station nobody knew was believed.")]
    [InlineData("S1_no_face", "A picture without a face was an internal error.")]
    [InlineData("S1_bystander", "The first face of several was charged.")]
    [InlineData("S1_traversal", "A name in an enrolment chose a path on the server.")]
    [InlineData("S1_stale", "A face that was enrolled again went on being the old one.")]
    [InlineData("S1_password_echo", "A password came back in an answer.")]
    [InlineData("S1_free_top_up", "Anybody could add money by asking.")]
    [InlineData("S2_negative_amount", "A payment of less than nothing was taken.")]
    [InlineData("S2_negative_amount_of_a_top_up", "A top-up of less than nothing was taken.")]
    [InlineData("S2_random_payer", "The payer was drawn by chance.")]
    [InlineData("S2_caller_chosen_balance", "Whoever signed up named the balance to begin with.")]
    [InlineData("S2_caller_chosen_balance_of_a_top_up", "Whoever topped up named the balance to have.")]
    [InlineData("S2_dead_stream", "The stream never sent a frame, and nobody noticed.")]
    [InlineData("S2_lost_frames", "Frames were dropped without a word.")]
    [InlineData("S2_pin_never_checked", "A payment asked for a PIN and took any.")]
    [InlineData("S3_expiry", "A bill that expired could not be paid, or was paid twice.")]
    [InlineData("S3_error_page", "A bill that expired was an error page and no bill any more.")]
    [InlineData("S3_double_spend", "Two payments at once spent the same money.")]
    [InlineData("S3_next_car_gets_bill", "A plate was bound to no nozzle, and whoever came next got the bill.")]
    [InlineData("S3_stuck_pump", "A bill that nobody paid kept its pump for ever.")]
    [InlineData("S3_unauth_pump_posts", "Anybody could say what a pump had delivered.")]
    [InlineData("S3_unauth_plate_posts", "Anybody could say which plate a camera saw.")]
    [InlineData("S3_free_settlement", "Any signed-in request made a bill a paid one.")]
    [InlineData("S3_200_with_error", "An error was told with the status of a success.")]
    [InlineData("S3_globally_unique_pump_numbers", "A second site could have no pump 1.")]
    [InlineData("S3_ignored_consent", "A plate was kept and matched without its owner's consent.")]
    [InlineData("Unread_config_", "S2 documented settings that it never read.")]
    public void A_fault_of_old_has_a_test(string fault, string what)
    {
        var named = Repository.CSharp
            .Where(file => file.Path.StartsWith("tests/", StringComparison.Ordinal))
            .SelectMany(CodeRules.TestMethods)
            .Any(test => test.Contains(fault, StringComparison.Ordinal));
        Assert.True(named, $"No test has {fault} in its name. The fault: {what}");
    }
}
