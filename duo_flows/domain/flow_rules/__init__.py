"""The rules that tie the parts of a flow together, one module for each kind. Pure, and without lines of any file.

A rule takes the index of a definition and yields findings; `duo_flows.domain.flow_checks` says which are errors and which are
warnings. Rules need the definition and what the product itself knows (its tools, the context it gives), and nothing that is only
known at run time. Whatever a file states, each of them takes a time that grows with the file's size and not faster.
"""
