namespace Handlers.Kinesis;

/// <summary>How the leases of a stream are looked after.</summary>
/// <param name="Worker">This worker's name.</param>
/// <param name="IsShared">Other processes may take them.</param>
/// <param name="LeaseTime">How long it may be silent.</param>
/// <param name="HandOverTime">How long it may finish what another worker wants.</param>
/// <param name="RenewEvery">From one round of renewals to the next.</param>
/// <param name="TakeEvery">From one look for free leases to the next.</param>
internal sealed record LeaseRhythm(string Worker, bool IsShared, TimeSpan LeaseTime, TimeSpan HandOverTime, TimeSpan RenewEvery, TimeSpan TakeEvery);
