"""Client reports: templates give content blocks, exporters arrange them; nothing computes here."""

from kamkit.reports.content import MIME, Block, Report, blocks_of
from kamkit.reports.html import to_html
from kamkit.reports.jobs import (
    Job,
    accounts_jobs,
    check_parameters,
    check_template,
    company_job,
    members_jobs,
    page_name,
    template_names,
    template_parameters,
    template_path,
)
from kamkit.reports.render import Rendered, is_current, render, render_accounts

__all__ = [
    "MIME",
    "Block",
    "Job",
    "Rendered",
    "Report",
    "accounts_jobs",
    "blocks_of",
    "check_parameters",
    "check_template",
    "company_job",
    "is_current",
    "members_jobs",
    "page_name",
    "render",
    "render_accounts",
    "template_names",
    "template_parameters",
    "template_path",
    "to_html",
]
