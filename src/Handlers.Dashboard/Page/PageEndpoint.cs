using System.Collections.Frozen;
using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Handlers.Dashboard;

/// <summary>The page and what belongs to it, out of this assembly: read once, compressed once, nothing from elsewhere.</summary>
internal sealed class PageEndpoint
{
    // Scripts and styles of this page alone; nothing inline, so that no text that is shown can become one.
    private const string ContentSecurity =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private const string Prefix = "page/";
    private const string Page = "page.html";

    private static readonly FrozenDictionary<string, string> Types = new Dictionary<string, string>
    {
        [".html"] = "text/html; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".svg"] = "image/svg+xml",
    }.ToFrozenDictionary();

    private readonly FrozenDictionary<string, Asset> assets = Read().ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The files beside the page.</summary>
    public IEnumerable<string> Files => assets.Keys.Where(static name => name != Page);

    /// <summary>What the page names stands beside it, so its address ends with a slash.</summary>
    public Task GetPageAsync(HttpContext http)
    {
        var path = (http.Request.PathBase + http.Request.Path).ToUriComponent(); // of the application's own root, the base is all there is
        if (path.EndsWith('/') || path.Length == 0) return GetAsync(http, Page);
        http.Response.Redirect(path[(path.LastIndexOf('/') + 1)..] + "/" + http.Request.QueryString); // relative: a proxy may have cut off what is before
        return Task.CompletedTask;
    }

    public async Task GetAsync(HttpContext http, string name)
    {
        var asset = assets[name];
        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = ContentSecurity;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-cache"; // asked each time, answered with 304 while it is the same
        headers.ETag = asset.Tag;
        headers.Vary = HeaderNames.AcceptEncoding;
        if (http.Request.Headers.IfNoneMatch.ToString().Contains(asset.Tag, StringComparison.Ordinal))
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        http.Response.ContentType = Types[Path.GetExtension(name)];
        var isSmall = http.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase);
        if (isSmall) headers.ContentEncoding = "gzip";
        var body = isSmall ? asset.Small : asset.Bytes;
        http.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(http.Request.Method)) await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }

    private static IEnumerable<KeyValuePair<string, Asset>> Read()
    {
        var assembly = typeof(PageEndpoint).Assembly;
        foreach (var resource in assembly.GetManifestResourceNames().Where(static r => r.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var from = assembly.GetManifestResourceStream(resource)!;
            var bytes = new byte[from.Length];
            from.ReadExactly(bytes);
            using var small = new MemoryStream();
            using (var gzip = new GZipStream(small, CompressionLevel.SmallestSize)) gzip.Write(bytes);
            yield return new(resource[Prefix.Length..], new Asset(bytes, small.ToArray(), $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 12))}\""));
        }
    }

    private sealed record Asset(byte[] Bytes, byte[] Small, string Tag);
}
