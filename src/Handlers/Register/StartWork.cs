namespace Handlers;

/// <summary>Starts work of the runtime. The one place where it leaves the caller's flow, so that a simulation can run it on one thread.</summary>
internal delegate Task StartWork(Func<Task> work);
