"""Shapes of package managers, containers, clusters, infrastructure and databases."""

from __future__ import annotations

from .shape import Kind, Shape, shape

TOOL_SHAPES: tuple[Shape, ...] = (
    # JavaScript packages
    shape("npm", Kind.ERROR, "npm ERR!|npm error", r"^npm (?:ERR!|error)", after=10),
    shape("pnpm", Kind.ERROR, "ERR_PNPM|WARN_PNPM|ERR_PNPM_", r"ERR_PNPM\w{0,60}", after=10),
    shape(
        "yarn",
        Kind.ERROR,
        "error |YN0|➤ ",
        r"^error (?!TS)\S|^➤ YN\d{4}: .{0,40}(?:✘|×|Error|error|fail|Fail)|YN00(?:01|02|28|09|35|82)\b",
        after=4,
    ),
    shape(
        "node engine",
        Kind.ERROR,
        'Unsupported engine|EBADENGINE|engine "|is incompatible',
        r"[Uu]nsupported engine|EBADENGINE|engine \".{1,40}\" is incompatible",
        after=5,
    ),
    shape(
        "lock file",
        Kind.ERROR,
        "lock file|lockfile|package-lock|Cargo.lock|poetry.lock|uv.lock|Gemfile.lock|composer.lock|frozen|--locked",
        r"(?i)(?:lock ?file|\w{1,20}\.lock|package-lock\S{0,8}).{0,200}(?:not up.to.date|out of (?:date|sync)|outdated"
        r"|needs? to be updated|would have been|inconsist|is absent|not match|not in sync|not satisfy|cannot be updated"
        r"|changed significantly)|can only install.{0,120}in sync|--locked was passed|frozen.lockfile.{0,100}(?:fail|because"
        r"|not)",
        after=5,
    ),
    # Python packages
    shape(
        "pip",
        Kind.ERROR,
        "ERROR: |ResolutionImpossible|error: subprocess|Failed building wheel|metadata-generation-failed|error: legacy"
        "|externally-managed|Could not find a version|No matching distribution|× |╰─>",
        r"^ERROR: |ResolutionImpossible|^error: (?:subprocess|legacy|externally|metadata)|Failed building wheel"
        r"|metadata-generation-failed|externally-managed|Could not find a version|No matching distribution|^× |╰─>",
        after=8,
    ),
    shape(
        "resolver",
        Kind.ERROR,
        "Because |version solving failed|No solution found|conflict|depends on|requires |Could not resolve|incompatible"
        "|unmet peer|peer dep|ERESOLVE|No matching version|No candidates|not satisfiable|satisfies the requirement"
        "|has requirement|but you have",
        r"^(?:And )?(?:[Bb]ecause|Thus|So,) .{1,300}(?:depends on|requires|depend on|we can conclude|version)"
        r"|version solving failed|No solution found|[Cc]onflicting (?:dependencies|peer|requirements)|[Cc]ould not resolve"
        r"|unmet peer|ERESOLVE|No matching version|No candidates|not satisfiable|satisfies the requirement"
        r"|has requirement .{1,200}but|requires .{1,120}but (?:you|none|it)|(?:is|are) incompatible with",
        after=8,
    ),
    shape(
        "python build",
        Kind.ERROR,
        "error: command|Getting requirements to build|Preparing metadata|python setup.py|build_ext|BackendUnavailable"
        "|build backend",
        r"error: command .{1,200} failed|did not run successfully|python setup\.py .{1,80}(?:exit|fail)|BackendUnavailable"
        r"|[Cc]all to .{0,80}build backend",
        after=8,
    ),
    # Systems' packages
    shape(
        "apt and kin",
        Kind.ERROR,
        "E: |Err:|unmet dependencies|dpkg: error|W: Failed to fetch|Unable to locate package|unable to select packages"
        "|No match for argument|Error: Unable to find a match|target not found|has no installation candidate"
        "|unsatisfiable constraints|held broken packages|No available formula|Error: No ",
        r"^E: |^Err:\d|unmet dependencies|dpkg: error|^W: Failed to fetch|Unable to locate package|unable to select packages"
        r"|No match for argument|Unable to find a match|target not found|no installation candidate|unsatisfiable constraints"
        r"|held broken|No available formula",
        after=5,
    ),
    shape(
        "bundler",
        Kind.ERROR,
        "Could not find gem|Gem::Ext|Bundler could not|Bundler::|Your Ruby version is|An error occurred while installing"
        "|Could not find compatible versions|Gem::",
        r"Could not find gem|Gem::\w{1,40}|Bundler could not|Bundler::\w{1,40}|Your Ruby version is"
        r"|An error occurred while installing|Could not find compatible versions",
        after=10,
    ),
    shape(
        "composer",
        Kind.ERROR,
        "Your requirements could not be resolved|Problem 1|Root composer.json|Your lock file does not",
        r"Your requirements could not be resolved|^Problem \d|Root composer\.json requires|Your lock file does not",
        after=12,
    ),
    shape(
        "cargo packages",
        Kind.ERROR,
        "failed to select a version|failed to parse manifest|failed to get `|no matching package|failed to resolve"
        "|failed to run custom build|failed to load",
        r"failed to select a version|failed to parse manifest|failed to get `|no matching package|failed to run custom build"
        r"|failed to load (?:source|manifest)",
        after=14,
    ),
    shape(
        "nuget",
        Kind.ERROR,
        "NU1|NU3|Unable to find package|Unable to load the service index",
        r"\bNU\d{4}\b|Unable to find package|Unable to load the service index",
        after=3,
    ),
    shape(
        "hex and others",
        Kind.ERROR,
        "Hex dependency resolution failed|Failed to fetch record|Unchecked dependencies|** (Mix)|CocoaPods could not|[!] ",
        r"Hex dependency resolution|Failed to fetch record|Unchecked dependencies|\*\* \(Mix\)|CocoaPods could not|^\[!\] ",
        after=8,
    ),
    # Containers
    shape(
        "buildkit step",
        Kind.ERROR,
        "ERROR: process|ERROR: failed|failed to solve|failed to compute cache key|did not complete successfully"
        "|executor failed running|returned a non-zero code|ERROR: executor|dockerfile parse error|failed to read dockerfile",
        r"ERROR: (?:process|failed|executor)|failed to (?:solve|compute cache key|read dockerfile)|did not complete successfully"
        r"|executor failed running|returned a non-zero code|dockerfile parse error",
        after=6,
    ),
    shape(
        "buildkit place",
        Kind.DETAIL,
        "dockerfile|>>> RUN|>>> COPY|>>> FROM|>>> ENV|>>> ADD",
        r"^[\w./-]{0,200}[Dd]ockerfile[\w.-]{0,60}:\d|^\d{1,5} \| >>> ",
        after=12,
    ),
    shape(
        "docker",
        Kind.ERROR,
        "Error response from daemon|docker: |manifest unknown|manifest for |pull access denied"
        "|Cannot connect to the Docker daemon|repository does not exist|Unable to find image|ErrImagePull|ImagePullBackOff"
        "|no matching manifest|denied: |unauthorized: |name unknown",
        r"Error response from daemon|^docker: |manifest unknown|manifest for \S{1,200} not found|pull access denied"
        r"|Cannot connect to the Docker daemon|repository does not exist|ErrImagePull|ImagePullBackOff|no matching manifest"
        r"|^(?:denied|unauthorized): |name unknown",
        after=4,
    ),
    shape(
        "compose",
        Kind.ERROR,
        "dependency failed to start|is unhealthy|exited with code|exited (|for service",
        r"dependency failed to start|is unhealthy|exited (?:with code|\()\s?[1-9]",
        after=3,
    ),
    shape(
        "kaniko and buildah",
        Kind.ERROR,
        "error building image|error building at|error resolving|checking push permission",
        r"error building (?:image|at|stage)|error resolving|checking push permission",
        after=4,
    ),
    # Clusters and infrastructure
    shape(
        "kubectl",
        Kind.ERROR,
        "Error from server|error validating|CrashLoopBackOff|Unable to connect to the server|timed out waiting|FailedScheduling"
        "|Back-off|exceeded its progress deadline",
        r"Error from server|error validating|CrashLoopBackOff|Unable to connect to the server|timed out waiting|FailedScheduling"
        r"|Back-off|progress deadline",
        after=4,
    ),
    shape(
        "helm",
        Kind.ERROR,
        "Error: |UPGRADE FAILED|INSTALLATION FAILED",
        r"^Error: (?:UPGRADE|INSTALLATION|template|chart|failed|parse|execution|unable|release|values)|(?:UPGRADE"
        r"|INSTALLATION) FAILED",
        after=5,
    ),
    shape("terraform", Kind.ERROR, "Error: |╷|│ Error", r"^(?:│ )?Error: \S|^╷$", after=18, until=r"^╵"),
    shape(
        "ansible",
        Kind.ERROR,
        "fatal: [|failed: [|FAILED! =>|UNREACHABLE!|ERROR! |failed=",
        r"^(?:fatal|failed): \[|FAILED! =>|UNREACHABLE!|^ERROR! |\bfailed=[1-9]|\bunreachable=[1-9]",
        after=6,
    ),
    shape(
        "cloud",
        Kind.ERROR,
        "An error occurred (|ERROR: (gcloud|CREATE_FAILED|ROLLBACK|UPDATE_FAILED|ResourceNotFound|ServiceException",
        r"An error occurred \(|ERROR: \(gcloud|(?:CREATE|UPDATE|DELETE)_FAILED|_ROLLBACK_|ResourceNotFound|ServiceException",
        after=4,
    ),
    # Applications that do not start
    shape(
        "application start",
        Kind.ERROR,
        "APPLICATION FAILED TO START|Application run failed|Error starting ApplicationContext|Error creating bean"
        "|ImproperlyConfigured|AppRegistryNotReady|Hosting failed to start|Application startup exception|Application startup failed"
        "|Unable to configure HTTPS|rails aborted!|Booting failed|Failed to boot"
        "|Failed to find application object",
        r"^APPLICATION FAILED TO START|Application run failed|Error starting ApplicationContext|Error creating bean"
        r"|ImproperlyConfigured\b|AppRegistryNotReady|Hosting failed to start|Application startup (?:exception|failed)"
        r"|Unable to configure HTTPS|rails aborted!|Booting failed|[Ff]ailed to boot|Failed to find application object",
        after=14,
        until=r"^\$ |^\d{4}-\d\d-\d\d",
    ),
    # Databases and configuration
    shape(
        "database",
        Kind.ERROR,
        'FATAL:|psql: |ERROR 1|ERROR 2|OperationalError|relation "|SQLSTATE|duplicate key|deadlock|ORA-|Access denied for user'
        "|ERROR:  ",
        r"^FATAL: |psql: |^ERROR [12]\d{3}\b|OperationalError|relation \".{1,100}\" does not exist|SQLSTATE|duplicate key"
        r"|deadlock detected|\bORA-\d{5}\b|Access denied for user|^ERROR: {1,3}\S",
        after=5,
    ),
    shape(
        "configuration",
        Kind.ERROR,
        "invalid configuration|could not parse|failed to parse|unknown option|unknown argument|unknown input|unknown key"
        "|unrecognized|invalid value|invalid option|invalid input|invalid argument|is not set|is required|must be set"
        "|missing required|not a valid|unknown command|no such option|unknown flag|input required",
        r"[Ii]nvalid (?:configuration|value|option|input|argument)|(?:[Cc]ould not|[Ff]ailed to) parse|[Uu]n(?:known"
        r"|recognized) (?:option|argument|command|flag|input|key)|(?:variable|environment|secret|token"
        r"|input).{0,60}(?:is not set|is required|must be set)|[Mm]issing required|not a valid|[Nn]o such option"
        r"|[Ii]nput required",
        after=4,
    ),
)
