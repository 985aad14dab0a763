using Handlers.Tool;

return await ToolCommand.RunAsync(args, Screen.OfProcess());
