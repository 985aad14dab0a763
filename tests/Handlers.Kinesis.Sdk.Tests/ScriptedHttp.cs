using System.Net;
using System.Text;
using Amazon.Runtime;

namespace Handlers.Kinesis.Sdk.Tests;

/// <summary>In place of the network: keeps what was asked, and answers with one text.</summary>
internal sealed class ScriptedHttp(string answer, HttpStatusCode status = HttpStatusCode.OK) : HttpClientFactory
{
    public HttpRequestMessage? Asked { get; private set; }

    public string Body { get; private set; } = "";

    public override HttpClient CreateHttpClient(IClientConfig clientConfig) => new(new Answering(this));

    public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

    private sealed class Answering(ScriptedHttp script) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            script.Asked = request;
            script.Body = await request.Content!.ReadAsStringAsync(cancellationToken);
            return script.Answer();
        }
    }

    private HttpResponseMessage Answer() => new(status) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(answer)) };
}

/// <summary>Connections whose certificates are not checked; keeps the version of HTTP that the last answer had.</summary>
internal sealed class UnverifiedHttp : HttpClientFactory
{
    public Version? Version { get; private set; }

    public override HttpClient CreateHttpClient(IClientConfig clientConfig) => new(new Noting(this));

    public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

    private sealed class Noting(UnverifiedHttp http) : DelegatingHandler(Unverified())
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            http.Version = response.Version;
            return response;
        }
    }

    private static SocketsHttpHandler Unverified()
    {
        var handler = new SocketsHttpHandler();
#pragma warning disable CA5359 // The emulator's certificate is nobody's.
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        return handler;
    }
}
