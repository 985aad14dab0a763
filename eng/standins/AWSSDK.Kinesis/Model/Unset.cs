namespace Amazon.Kinesis.Model;

/// <summary>What a collection is that nobody has set: null, unless the application asks for empty ones, as version 3 of the SDK had them.</summary>
internal static class Unset
{
    public static List<T> List<T>() => AWSConfigs.InitializeCollections ? [] : null;

    public static Dictionary<TKey, T> Map<TKey, T>() => AWSConfigs.InitializeCollections ? [] : null;
}
