"""Shapes of what runs a job: CI runners, shells, ends of processes, networks, git, task runners, full machines."""

from __future__ import annotations

from .shape import Kind, Shape, shape

RUNNER_SHAPES: tuple[Shape, ...] = (
    # GitLab Runner
    shape("gitlab job failed", Kind.VERDICT, "ERROR: Job failed", r"^ERROR: Job failed", after=2),
    shape("gitlab preparation failed", Kind.ERROR, "ERROR: Preparation failed", r"^ERROR: Preparation failed"),
    shape("gitlab image pull", Kind.ERROR, "Failed to pull image|failed to pull image", r"[Ff]ailed to pull image"),
    shape(
        "gitlab artifacts",
        Kind.ERROR,
        "No files to upload|no matching files|FATAL: ",
        r"^(?:ERROR: No files to upload|WARNING: .{1,200}: no matching files|FATAL: )",
    ),
    shape(
        "time ran out",
        Kind.VERDICT,
        "could not run to completion|timeout was exceeded|DUE TO TIME LIMIT|has timed out after",
        r"could not run to completion|timeout was exceeded|DUE TO TIME LIMIT|(?:[Jj]ob|[Bb]uild|[Ss]tep|[Aa]ction\b.{0,200}) has"
        r" timed out after",
        after=1,
    ),
    shape("gitlab script timeout", Kind.ERROR, "execution took longer than", r"execution took longer than"),
    shape(
        "gitlab runner trouble",
        Kind.ERROR,
        "WARNING: Failed|WARNING: Uploading|WARNING: Downloading|ERROR: Uploading|ERROR: Downloading|Job execution|job's timeout",
        r"^(?:WARNING: Failed|(?:WARNING|ERROR): (?:Up|Down)loading)|[Jj]ob execution (?:will|has)|exceeded the job's timeout",
    ),
    # GitHub Actions, Azure Pipelines and others
    shape("annotation", Kind.VERDICT, "##[error]|::error", r"^(?:##\[error\]|::error\b)", after=4),
    shape("annotation of a warning", Kind.NOTE, "##[warning]|::warning", r"^(?:##\[warning\]|::warning\b)", after=0),
    shape(
        "job cancelled",
        Kind.VERDICT,
        "operation was canceled|has exceeded the maximum execution time|lost communication with the server"
        "|received a shutdown signal",
        r"operation was canceled|has exceeded the maximum execution time|lost communication with the server"
        r"|received a shutdown signal",
    ),
    shape(
        "other runner's verdict",
        Kind.VERDICT,
        'Finished: FAILURE|marked build as failure|Exited with code|exited with code|Build failed|The command "',
        r"^(?:Finished: FAILURE|Build step .{1,200} marked build as failure|Exited with code exit status [1-9]"
        r"|The command \".{0,300}\" (?:exited with|failed)|Build failed\b)",
    ),
    # How processes end
    shape(
        "exit status",
        Kind.VERDICT,
        "exit code|exit status|Exit code|exitcode|exit_code|return code|status code|Exit status|exited with|ELIFECYCLE|non-zero",
        r"(?i)\b(?:(?:exit(?:ed)?(?: with)?|return)[ _]?(?:code|status)?|exit status)[:=]? ?\(?[1-9]\d{0,2}\b(?! ?(?:%|tests?"
        r"|files?|min|sec|s\b))|ELIFECYCLE|non-zero (?:exit|status|code)",
        after=3,
    ),
    shape(
        "killed",
        Kind.ERROR,
        "Killed|SIGKILL|signal: |SIGSEGV|SIGABRT|SIGTERM|SIGBUS|core dumped|Segmentation|segmentation|Aborted|Bus error"
        "|Illegal instruction|OOMKilled|oom-kill",
        r"\bKilled\b|\bSIG(?:KILL|SEGV|ABRT|TERM|BUS|ILL)\b|signal: (?:\d|[a-z])|core dumped|[Ss]egmentation fault|^Aborted"
        r"|Bus error"
        r"|Illegal instruction|OOMKilled|oom-kill",
    ),
    shape(
        "out of memory",
        Kind.ERROR,
        "out of memory|Out of memory|OutOfMemory|Cannot allocate memory|MemoryError|bad_alloc|OOM",
        r"[Oo]ut of memory|OutOfMemory|Cannot allocate memory|\bMemoryError\b|bad_alloc|\bOOM\b",
    ),
    shape(
        "out of disk",
        Kind.ERROR,
        "No space left|Disk quota exceeded|ENOSPC|no space left",
        r"[Nn]o space left on device|Disk quota exceeded|\bENOSPC\b",
    ),
    shape(
        "too many files",
        Kind.ERROR,
        "Too many open files|EMFILE|Resource temporarily unavailable",
        r"Too many open files|\bEMFILE\b|Resource temporarily unavailable",
    ),
    # Shells and files
    shape(
        "shell",
        Kind.ERROR,
        "command not found|: not found|No such file or directory|Permission denied|Is a directory|Not a directory"
        "|unbound variable|syntax error|bad substitution|Read-only file system|cannot execute|is not recognized as|ENOENT"
        "|EACCES|EPERM|Operation not permitted|Text file busy|Argument list too long|Exec format error|exec format error",
        r"command not found|: not found$|No such file or directory|Permission denied|Operation not permitted|Is a directory"
        r"|Not a directory|unbound variable|\bsyntax error\b|bad substitution|Read-only file system|cannot execute"
        r"|is not recognized as|\b(?:ENOENT|EACCES|EPERM)\b|Text file busy|Argument list too long|[Ee]xec format error",
    ),
    # Network
    shape(
        "name resolution",
        Kind.ERROR,
        "resolve host|Name or service not known|name resolution|getaddrinfo|no such host|UnknownHost|Name does not resolve"
        "|NXDOMAIN|Could not resolve",
        r"resolve host|Name or service not known|name resolution|getaddrinfo|no such host|UnknownHost|Name does not resolve"
        r"|NXDOMAIN",
    ),
    shape(
        "connection",
        Kind.ERROR,
        "connection refused|connection reset|connection timed out|ECONNREFUSED|ECONNRESET|ETIMEDOUT|connection closed"
        "|network is unreachable|No route to host|i/o timeout|Read timed out|connect timeout|EPIPE|broken pipe|socket hang up"
        "|Max retries exceeded|could not connect|failed to connect|unexpected EOF|early EOF|hung up unexpectedly"
        "|connection aborted|context deadline exceeded|EAI_AGAIN",
        r"[Cc]onnection (?:refused|reset|timed out|closed|aborted)|\bE(?:CONNREFUSED|CONNRESET|TIMEDOUT|PIPE|AI_AGAIN)\b"
        r"|[Nn]etwork is unreachable|No route to host|i/o timeout|Read timed out|[Cc]onnect timeout|[Bb]roken pipe"
        r"|socket hang up|Max retries exceeded|[Cc]ould not connect|[Ff]ailed to connect|unexpected EOF|early EOF"
        r"|hung up unexpectedly|context deadline exceeded",
    ),
    shape(
        "certificate",
        Kind.ERROR,
        "certificate|SSLError|SSL_ERROR|TLS handshake|CERTIFICATE_VERIFY|SSL routines|handshake failure",
        r"certificate (?:verify|has expired|signed by unknown|is not trusted|problem|error)|verify the first certificate"
        r"|self.signed certificate|SSLError|SSL_ERROR|TLS handshake|CERTIFICATE_VERIFY|SSL routines|handshake failure",
    ),
    shape(
        "http status",
        Kind.ERROR,
        "HTTP/|HTTP 4|HTTP 5|HTTP4|HTTP5|HTTP: 4|HTTP: 5|HTTPS 4|HTTPS 5|HTTPS: 4|HTTPS: 5|HTTPS4|HTTPS5|HTTP error"
        "|HTTP status|HTTP code|HTTPS error|HTTPS status|HTTPError|response|status code"
        "|Status code|Bad Gateway|Service Unavailable|Forbidden|Unauthorized|Too Many Requests"
        "|Gateway Time|Internal Server Error|404 Not Found|server returned|returned error|toomanyrequests",
        # Each branch begins with a sign, not with a place: so the search can skip what begins with another.
        r"HTTP(?<!\wHTTP)(?:/[\d.]{1,3}|S)?(?: error| status| code|Error)?:? ?[45]\d\d\b"
        r"|(?:returned error(?<!\wreturned error)|[Ss]tatus(?<!\w[Ss]tatus)(?: code)?"
        r"|response(?<!\wresponse)(?: status)?(?: code)?)[:=]? \(?[45]\d\d\b"
        r"|4(?<!\w4)(?:01 Unauthorized|03 Forbidden|04 Not Found|29 Too Many)"
        r"|5(?<!\w5)(?:00 Internal|02 Bad|03 Service|04 Gateway)|server returned error|too many 50\d error|toomanyrequests",
    ),
    shape(
        "authentication",
        Kind.ERROR,
        "authentication failed|authentication required|unauthorized|access denied|AccessDenied|access forbidden"
        "|could not read Username|Permission to |invalid credentials|Bad credentials|expired token|token expired"
        "|not accessible by integration|not authorized|Invalid username|publickey",
        r"[Aa]uthentication (?:failed|required)|(?<![\w/.-])[Uu]nauthorized(?![\w/-]|\.\w)|[Aa]ccess ?[Dd]enied|access forbidden"
        r"|could not read Username|Permission to .{1,200} denied|[Ii]nvalid credentials|Bad credentials|expired token"
        r"|token expired|not accessible by integration|[Nn]ot authorized|Invalid username|publickey",
    ),
    # git
    shape(
        "git",
        Kind.ERROR,
        "fatal: |CONFLICT (|error: pathspec|error: failed to push|error: RPC failed|! [rejected]|! [remote rejected]"
        "|error: Your local|error: could not|Automatic merge failed|error: patch failed|dubious ownership"
        "|not possible to fast-forward|remote: ",
        r"^(?:remote: )?(?:fatal: |error: (?:pathspec|failed to push|RPC failed|Your local|could not (?:apply|lock|read|fetch)"
        r"|patch failed|cannot ))|^CONFLICT \(|^! \[(?:remote )?rejected\]|Automatic merge failed|dubious ownership"
        r"|^remote: (?:ERROR|GitLab:|The project you|HTTP|Permission|Invalid|You are|Repository not found)",
        after=6,
    ),
    # Build tools whose last word is the verdict of many others
    shape(
        "make",
        Kind.VERDICT,
        "make: |make[|] Error |gmake|make.exe",
        r"^(?:g|mingw32-)?make(?:\.exe)?(?:\[\d{1,3}\])?: \*\*\* |\*\*\* \[.{1,300}\] Error \d",
        after=2,
    ),
    shape("ninja", Kind.VERDICT, "FAILED: |ninja: ", r"^(?:FAILED: |ninja: (?:error|build stopped))", after=20),
    shape(
        "bazel",
        Kind.ERROR,
        "ERROR: /|FAILED: Build did NOT|Build did NOT complete|FAILED|TIMEOUT",
        r"^ERROR: /\S{1,300}: |Build did NOT complete|^//\S{1,200}\s{1,40}(?:\(.{1,20}\) )?(?:FAILED|TIMEOUT)",
    ),
    shape(
        "script runner",
        Kind.VERDICT,
        'Command failed|command failed|command "|Task failed|failed with exit|InvocationError|Session |ERROR: InvocationError'
        "|FAIL code|Error running|recipe `|rake aborted|task: Failed|error: Recipe",
        r"[Cc]ommand failed|^nox > (?:Command|Session) .{0,300}failed|Session .{1,100} failed|InvocationError|FAIL code \d"
        r"|failed with exit|[Rr]ecipe `.{1,100}` failed|rake aborted|task: Failed|[Tt]ask failed|Error running",
        after=4,
    ),
)
