namespace Handlers.Tool;

/// <summary>One right at a Kafka broker.</summary>
/// <param name="Resource">What kind of thing it is of.</param>
/// <param name="Name">Its name, or how its names begin.</param>
/// <param name="IsPrefix">Whether the name is a beginning.</param>
/// <param name="Operation">What may be done.</param>
/// <param name="Why">What needs it.</param>
internal sealed record Right(RightOf Resource, string Name, bool IsPrefix, string Operation, string Why);

/// <summary>What a right is of. The order is the order of the script.</summary>
internal enum RightOf
{
    Topic,
    Group,
    TransactionalId,
}
