namespace Handlers.Testing;

/// <summary>
/// Facts in their order, in pieces that are small enough for the garbage collector's quick generation: one long array for each schedule would
/// make it collect everything, all the time.
/// </summary>
internal sealed class FactList
{
    private const int Piece = 512;

    private readonly List<Fact[]> pieces = [];

    public int Count { get; private set; }

    public void Add(in Fact fact)
    {
        if (Count == pieces.Count * Piece) pieces.Add(new Fact[Piece]);
        pieces[Count / Piece][Count % Piece] = fact;
        Count++;
    }

    public Enumerator GetEnumerator() => new(this);

    public IReadOnlyList<Fact> ToList()
    {
        var all = new List<Fact>(Count);
        foreach (ref readonly var fact in this) all.Add(fact);
        return all;
    }

    public struct Enumerator(FactList facts)
    {
        private int index = -1;

        public readonly ref readonly Fact Current => ref facts.pieces[index / Piece][index % Piece];

        public bool MoveNext() => ++index < facts.Count;
    }
}
