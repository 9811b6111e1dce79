"""Addresses of filing and following; contracts (docs/architecture.md)."""

from __future__ import annotations

from django.urls import path

from dossiers.appointments import urls as appointments
from dossiers.digitising import views as digitising
from dossiers.exchange import standard
from dossiers.following import views as following
from dossiers.interlinked import views as interlinked
from dossiers.kiosk import urls as kiosk
from dossiers.post import urls as post
from dossiers.signing import urls as signing
from dossiers.store import urls as store
from dossiers.supplements import views as completing
from dossiers.talking import views as talking
from dossiers.views import elsewhere, filing, guided, parts, place, printing, schema, tracking, uploads

urlpatterns = [
    path("nha-phat-trien/bieu-mau.schema.json", schema.form_schema, name="form-schema"),
    path("nha-phat-trien/mau-ket-qua.schema.json", schema.result_schema, name="result-schema"),
    path("nop-ho-so/<str:code>/", filing.start, name="file-start"),
    path("nop-ho-so/<str:code>/theo-huong-dan/", guided.begin, name="file-guided"),
    path("nop-ho-so/<str:code>/to-khai/", filing.answers, name="file-to-khai"),
    path("nop-ho-so/<str:code>/to-khai/<slug:part>/", parts.part, name="file-part"),
    path("nop-ho-so/<str:code>/giay-to/", filing.papers, name="file-giay-to"),
    path("nop-ho-so/<str:code>/giay-to/<uuid:paper_id>/", filing.draft_paper, name="file-paper"),
    path("nop-ho-so/<str:code>/giay-to/tai-len/", uploads.begin, name="file-upload"),
    path("nop-ho-so/<str:code>/giay-to/tai-len/<uuid:upload_id>/", uploads.one, name="file-upload-one"),
    path("nop-ho-so/<str:code>/kiem-tra/", filing.check, name="file-kiem-tra"),
    path("nop-ho-so/<str:code>/noi-khac/", place.choose, name="file-place"),
    path("nop-ho-so/<str:code>/in/", printing.of_draft, name="file-print"),
    path("nop-ho-so/<str:code>/in/to-khai.pdf", printing.draft_pdf, name="file-print-pdf"),
    path("nop-ho-so/<str:code>/xoa-nhap/", filing.discard, name="file-discard"),
    path("ho-so/", tracking.mine, name="dossiers"),
    path("ho-so/noi-khac/", elsewhere.mine, name="dossiers-elsewhere"),
    path("ho-so/ban-nhap/<uuid:draft_id>/giu/", tracking.keep_draft, name="draft-keep"),
    path("ho-so/lien-thong/<uuid:filing_id>/", interlinked.linked_filing, name="linked-filing"),
    path("ho-so/<str:code>/", tracking.dossier_page, name="dossier"),
    path("ho-so/<str:code>/in/", printing.of_dossier, name="dossier-print"),
    path("ho-so/<str:code>/in/to-khai.pdf", printing.dossier_pdf, name="dossier-print-pdf"),
    path("ho-so/<str:code>/bo-sung/", completing.answer, name="dossier-supplement"),
    path("ho-so/<str:code>/bo-sung/tep/<uuid:paper_id>/", completing.paper, name="dossier-supplement-paper"),
    path("ho-so/<str:code>/bo-sung/<int:number>/phieu/", completing.slip, name="dossier-supplement-slip"),
    path("ho-so/<str:code>/rut/", tracking.withdraw, name="dossier-withdraw"),
    path("ho-so/<str:code>/ban-sao/", tracking.copy_all, name="dossier-copy"),
    path("ho-so/<str:code>/giay-to/<uuid:paper_id>/", tracking.paper, name="dossier-paper"),
    path("ho-so/<str:code>/ket-qua/<uuid:result_id>/", tracking.given_result, name="dossier-given"),
    path("ho-so/<str:code>/ket-qua/", tracking.result, name="dossier-result"),
    path("ho-so/<str:code>/giay-tiep-nhan/", tracking.receipt, name="dossier-receipt"),
    path("ho-so/<str:code>/xac-nhan-gui/", tracking.sent_confirmation, name="dossier-sent"),
    path("ho-so/<str:code>/thong-bao-dung/", tracking.stop_notice, name="dossier-stop-notice"),
    *post.urlpatterns,
    *signing.urlpatterns,
    *following.urlpatterns,
    *talking.urlpatterns,
    path("ho-so/<str:code>/xin-loi-hen-lai/", tracking.apology, name="dossier-apology"),
    *digitising.urlpatterns,
    *store.urlpatterns,
    *appointments.urlpatterns,
    *kiosk.urlpatterns,
    path("tra-cuu-ho-so/", elsewhere.find, name="find-dossier"),
    path("api/dvcqg/v1/auth", standard.auth, name="dvcqg-auth"),
    path("api/dvcqg/v1/share", standard.call, name="dvcqg-share"),
    path("api/dvcqg/v1/integration", standard.call, name="dvcqg-integration"),
]
