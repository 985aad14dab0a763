namespace Handlers.Kinesis;

/// <summary>What came of a call that failed.</summary>
internal enum KinesisErrorKind
{
    /// <summary>None of the others.</summary>
    Other,

    /// <summary>The stream or the shard is not there.</summary>
    Missing,

    /// <summary>No credentials, wrong ones, or expired ones.</summary>
    Credentials,

    /// <summary>They do not allow this.</summary>
    Denied,

    /// <summary>The endpoint's certificate is not one that this machine trusts.</summary>
    Untrusted,

    /// <summary>Too many calls or bytes.</summary>
    Throttled,

    /// <summary>The service is away or failed, the network did, or what gives credentials out.</summary>
    Unavailable,

    /// <summary>It may pass, or not: credentials that had worked and expired, or an error that nobody knows. A few tries tell.</summary>
    Uncertain,

    /// <summary>The call asked for what cannot be.</summary>
    Invalid,

    /// <summary>The iterator is older than five minutes.</summary>
    ExpiredIterator,

    /// <summary>The listing took longer than five minutes.</summary>
    ExpiredToken,

    /// <summary>It is being made, changed or removed, or there is one already.</summary>
    InUse,

    /// <summary>The stream's encryption key cannot be used.</summary>
    Encryption,
}
